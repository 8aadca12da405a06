//! An alert in words, line by line: what, when, where, why, and who has it.

use super::Sentence;
use crate::types::level::Level;

sentences! { "explain";
    heading(title, kind, level):
        "{title} [{kind}] {level} (suggested)",
        "{title} [{kind}] {level}（建议等级）";
    now(phase):
        "now: {phase}",
        "状态：{phase}";
    when(times):
        "when: {times}",
        "时间：{times}";
    place(place):
        "where: {place}",
        "地点：{place}";
    to_call(who):
        "to call: {who}",
        "联系：{who}";
    seen_by(sources):
        "seen by: {sources}",
        "来源：{sources}";
    why(condition, confidence):
        "why: {condition} (confidence {confidence})",
        "依据：{condition}（置信度 {confidence}）";
    contribution(share, source, value, weight, seconds):
        "{share} %  {source}: {value} (weight {weight}, {seconds} s ago)",
        "{share} %  {source}：{value}（权重 {weight}，{seconds} 秒前）";
    unheard(sources):
        "could not be heard, so it may be more or less: {sources}",
        "未能获取的来源，实际情况可能更重或更轻：{sources}";
    taken_on(by, at):
        "taken on by: {by}, {at}",
        "已受理：{by}，{at}";
    not_taken_on():
        "nobody has taken it on yet",
        "尚未受理";
    given_to(to, by, at):
        "given to: {to} ({by}, {at})",
        "已派给：{to}（{by}，{at}）";
    on_site(who, by, at):
        "there is: {who} ({by}, {at})",
        "已到场：{who}（{by}，{at}）";
    verdict(verdict, by, at):
        "verdict: {verdict} ({by}, {at})",
        "核实结果：{verdict}（{by}，{at}）";
    closed(outcome, by, at):
        "closed: {outcome} ({by}, {at})",
        "已办结：{outcome}（{by}，{at}）";
    passed_on(to, step, at):
        "passed on to: {to} (step {step}), {at}",
        "已上报至：{to}（第 {step} 级），{at}";
    made_with(model, configuration, clock):
        "made with: {model}, configuration {configuration}, {clock}",
        "运行环境：{model}，配置 {configuration}，{clock}";

    // ---- how parts are put together
    noting(what, note):
        "{what}: {note}",
        "{what}：{note}";
    behind(what, which):
        "{what} ({which})",
        "{what}（{which}）";

    // ---- how it is
    is_new():
        "new",
        "新预警";
    goes_on():
        "goes on",
        "持续中";
    is_over():
        "over",
        "已结束";
    was_a_mistake():
        "was a mistake",
        "已撤回";
    ended_because(reason):
        "why it ended: {reason}",
        "结束原因：{reason}";
    raised():
        "its condition held",
        "条件成立";
    still_there():
        "still there",
        "仍在持续";
    grew():
        "it grew",
        "有所加重";
    acknowledged():
        "somebody took it on",
        "已有人受理";
    evidence_added():
        "a picture was added",
        "补充了图片";
    cleared():
        "no longer seen",
        "不再出现";
    schedule_ended():
        "its hours ended",
        "布防时段结束";
    source_silent():
        "its sources fell silent; it may go on unseen",
        "来源失联，情况可能仍在持续";
    not_seen_since_restart():
        "not seen since the box restarted",
        "盒子重启后未再出现";
    rule_removed():
        "no longer configured",
        "已不在配置中";
    level_rose():
        "it became more urgent",
        "等级上升";
    level_fell():
        "it became less urgent",
        "等级下降";
    joined():
        "another source sees it too",
        "又有来源发现";
    escalated():
        "nobody took it on in time",
        "超时未受理";
    handled():
        "people did something about it",
        "处置情况有更新";
    mute_changed():
        "it was muted, or is not any more",
        "静音已设置、变更或解除";
    blue():
        "blue",
        "蓝色";
    yellow():
        "yellow",
        "黄色";
    orange():
        "orange",
        "橙色";
    red():
        "red",
        "红色";
    confirmed():
        "confirmed",
        "属实";
    false_alarm():
        "a false alarm",
        "误报";
    duplicate():
        "told twice",
        "重复";
    exercise():
        "an exercise",
        "演练";

    // ---- where it comes from
    grid(id):
        "grid {id}",
        "网格 {id}";
    camera(id):
        "camera {id}",
        "摄像机 {id}";
    sensor(id):
        "sensor {id}",
        "传感器 {id}";
    rule(id):
        "rule {id}",
        "规则 {id}";
    source(id):
        "source {id}",
        "来源 {id}";
    zones(names):
        "zone {names}",
        "区域 {names}";
    only_a_test(what):
        "only a test: {what}",
        "仅为测试：{what}";
    belief(threshold):
        "belief of several sources, from {threshold}",
        "多来源综合判断，阈值 {threshold}";
    clock_synced():
        "clock in step",
        "时钟已同步";
    clock_unsynced():
        "clock not in step: times may be wrong",
        "时钟未同步，时间可能有误";
    clock_unknown():
        "clock unchecked",
        "时钟状态未知";
    clock_of_recording():
        "times of a recording",
        "录像时间";
}

/// A level as people call it.
pub(crate) fn level(level: Level) -> Sentence {
    match level {
        Level::Blue => blue(),
        Level::Yellow => yellow(),
        Level::Orange => orange(),
        Level::Red => red(),
    }
}
