//! What people read of a shadow: a second configuration that judges beside the one that runs.

sentences! { "shadow";
    // ---- in the log and in the audit log
    begun(name, sha256, until, by):
        "a shadow judges beside the configuration that runs: {name} ({sha256}), until {until}, by {by}",
        "影子配置 {name}（{sha256}）开始与运行中的配置并行判断，至 {until}，由 {by} 启用";
    goes_on(name, sha256):
        "the shadow goes on after the restart: {name} ({sha256})",
        "重启后影子配置继续判断：{name}（{sha256}）";
    ended(name, sha256, why):
        "the shadow has ended: {name} ({sha256}): {why}",
        "影子配置已结束：{name}（{sha256}），{why}";
    cannot_judge(detail):
        "the shadow cannot judge: {detail}",
        "影子配置无法判断（原文：{detail}）";
    missed(records):
        "the shadow is slower than the cameras: {records} records were not given to it; it may differ from here on",
        "影子配置跟不上摄像机，{records} 条记录未交给它判断，此后结果可能有出入";
    state_not_written(folder, detail):
        "what the shadow needs to go on after a restart is not written in {folder}: {detail}",
        "影子配置重启后继续判断所需的状态未能写入 {folder}（原文：{detail}）";
    summary_not_written(folder, detail):
        "what the shadow found is not written in {folder}: {detail}",
        "影子配置的结果未能写入 {folder}（原文：{detail}）";
    not_started(detail):
        "the shadow cannot be started: {detail}",
        "影子配置无法启动（原文：{detail}）";
    stale():
        "the configuration of the shadow cannot be used any more",
        "影子配置已不可用";

    // ---- why it ended
    was_stopped(): "somebody ended it", "已由人工结束";
    time_is_over(): "its time is over", "已到期";
    runs_now(): "its configuration is the one that runs now", "它已成为运行中的配置";
    was_replaced(): "another one judges in its place", "已被另一份影子配置取代";
    failed(): "it failed; the log says why", "发生故障，原因见日志";

    // ---- what is answered
    is_what_runs():
        "this configuration is the one that runs: there is nothing to compare",
        "这份配置就是运行中的配置，无从对比";
    judges_until(until):
        "it judges beside the configuration that runs until {until}; `lookout shadow` shows what it found",
        "它将与运行中的配置并行判断至 {until}；用 `lookout shadow` 查看结果";
    in_place_of(name, since):
        "it takes the place of {name}, which judged since {since}; `lookout audit show` keeps that it did",
        "它取代了自 {since} 起判断的 {name}；取代一事记录在 `lookout audit show` 中";
    of_another_box(own, other):
        "this is the configuration of another box: `{other}`, and this one is `{own}`",
        "这是另一个盒子 `{other}` 的配置，本盒子是 `{own}`";
    judges_no_more(): "it judges no more", "它已停止判断";
    asked_too_long_ago():
        "this was asked while the box did not run; ask again",
        "这一请求提出时盒子没有运行；请重新提出";
    none_judges(): "no shadow judges", "没有影子配置在判断";
    none_judged(): "no shadow judges, and none has judged here yet", "没有影子配置在判断，此前也没有过";
    try_one(): "try `lookout shadow new.toml`", "可以试试 `lookout shadow new.toml`";
    not_answered():
        "the box does not answer: does it run?",
        "盒子没有应答：它在运行吗？";
    try_running():
        "look at `systemctl status lookout`, and whether `--config` names the configuration of the box",
        "请查看 `systemctl status lookout`，并确认 `--config` 指向盒子的配置";
    not_asked(folder, detail):
        "the box cannot be asked: {folder} cannot be written: {detail}",
        "无法向盒子提出请求：{folder} 无法写入（原文：{detail}）";
    not_read(folder, detail):
        "what the shadow found cannot be read in {folder}: {detail}",
        "无法读取 {folder} 中影子配置的结果（原文：{detail}）";
    try_as_service(): "run it with sudo", "请用 sudo 运行";
    lasts_too_long(most): "a shadow judges for {most} days at most", "影子配置最多判断 {most} 天";
    lasts_too_short(least): "a shadow judges for {least} s at least", "影子配置至少判断 {least} 秒";

    // ---- what is shown
    line_running(name, since, until, by):
        "{name} judges beside the configuration that runs since {since}, until {until}; by {by}",
        "{name} 自 {since} 起与运行中的配置并行判断，至 {until}；由 {by} 启用";
    line_ended(name, since, at, why):
        "{name} judged from {since} to {at}: {why}",
        "{name} 从 {since} 判断到 {at}：{why}";
    line_at(at): "judged up to {at}", "已判断到 {at}";
    line_alerts(alerts, published, revisions):
        "alerts it would have raised: {alerts}; told by the configuration that runs: {published}; revisions: {revisions}",
        "它会发出的预警：{alerts} 条；运行中的配置已发出：{published} 条；更新次数：{revisions}";
    line_counts(same, changed, only_shadow, only_published):
        "the same: {same}; otherwise: {changed}; only the shadow: {only_shadow}; only told: {only_published}",
        "相同 {same} 条；有出入 {changed} 条；仅影子配置 {only_shadow} 条；仅已发出 {only_published} 条";
    line_missed(missed):
        "records that it was not given, as it was too slow: {missed}; it may differ for that reason",
        "因来不及而未交给它判断的记录：{missed} 条；结果可能因此有出入";
    line_no_difference(): "no difference so far", "目前没有差异";
    line_differences(shown): "the latest differences ({shown}):", "最近的差异（{shown} 条）：";
    line_limits(): "What it cannot say:", "局限：";
    only_shadow(): "only the shadow", "仅影子配置";
    only_published(): "only told", "仅已发出";
    earlier(seconds): "earlier by {seconds} s", "早 {seconds} 秒";
    later(seconds): "later by {seconds} s", "晚 {seconds} 秒";
    other_level(published, shadow): "level {shadow} instead of {published}", "级别为{shadow}而不是{published}";
    part_of_another(): "part of another alert", "并入另一条预警";
    try_journal(file, from):
        "for reasons, pictures and price: `lookout retune --config {file} --from {from}`",
        "原因、图片和代价见 `lookout retune --config {file} --from {from}`";
}
