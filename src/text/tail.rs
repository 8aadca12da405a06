//! What `lookout tail` shows and says: alerts in a line, the boxes, and how it ended.

sentences! { "tail";
    // ---- arguments, start and end
    ca_without_tls():
        "`--ca` with an address that is not encrypted",
        "指定了 --ca，但 --url 不是加密地址";
    try_mqtts():
        "begin --url with mqtts://, or leave --ca out",
        "--url 请以 mqtts:// 开头，或者去掉 --ca";
    cannot_start(error):
        "cannot start: {error}",
        "无法启动（原文：{error}）";
    ended():
        "the connection to the broker ended for good",
        "与服务器的连接已终止";

    // ---- what was asked for and not seen
    never_connected(broker):
        "there was no connection to {broker}: whether an alert is open is not known",
        "一直没有连上 {broker}，是否有未结束的预警不得而知";
    try_lines_before():
        "the lines before this one say why",
        "原因见上面的输出";
    nothing_seen():
        "no alert is open and none came",
        "没有未结束的预警，也没有收到新的预警";
    try_looking_at_topics():
        "`mosquitto_sub -t 'lookout/#' -v` shows whether anything is published at all",
        "用 `mosquitto_sub -t 'lookout/#' -v` 可以看到是否有消息发布";
    boxes_away(alerts):
        "nothing was acknowledged: the boxes of {alerts} open alerts are not online",
        "没有签收任何预警：{alerts} 条未结束的预警所属的盒子不在线";
    try_without_seconds():
        "without --seconds they are acknowledged as soon as their boxes are back",
        "不加 --seconds 时，盒子恢复后会立即签收";
    none_came_back(sent):
        "{sent} acknowledgements were sent and none came back in an alert",
        "已发出 {sent} 次签收，但没有一次在预警中得到回应";
    all_taken_by_others():
        "nothing was acknowledged: others have taken on every alert that was seen",
        "没有签收任何预警：看到的预警都已由他人签收";
    summary(acknowledged, taken_before, out_of_reach):
        "acknowledged: {acknowledged}; taken on by others before: {taken_before}; box not online: {out_of_reach}",
        "已签收 {acknowledged} 条；他人先前已签收 {taken_before} 条；盒子不在线 {out_of_reach} 条";

    // ---- the connection
    connected():
        "connected; waiting for alerts (none is open)",
        "已连接，等待预警（当前没有未结束的预警）";
    connected_one_free():
        "connected; waiting for alerts (1 is open and not acknowledged)",
        "已连接，等待预警（当前有 1 条未结束，尚未签收）";
    connected_one_taken():
        "connected; waiting for alerts (1 is open and acknowledged)",
        "已连接，等待预警（当前有 1 条未结束，已签收）";
    connected_many(open, free):
        "connected; waiting for alerts ({open} are open, {free} of them not acknowledged)",
        "已连接，等待预警（当前有 {open} 条未结束，其中 {free} 条未签收）";
    deaf(topic, reason):
        "the broker does not let this user read {topic}: {reason}",
        "服务器不允许该用户读取 {topic}（原文：{reason}）";
    what_is_missed():
        "alerts that are open already, and the sites' time zones and languages, are not shown",
        "因此看不到先前未结束的预警，也不知道各站点的时区和语言";
    not_understood(what):
        "not understood: {what}",
        "无法理解的消息（原文：{what}）";

    // ---- boxes
    online(place):
        "{place} is online",
        "{place} 在线";
    stopped(place):
        "{place} is stopped",
        "{place} 已停止";
    offline(place):
        "{place} is offline",
        "{place} 离线";
    in_state(place, state):
        "{place} is {state}",
        "{place} 状态：{state}";
    omitted(place, alerts):
        "{place}: {alerts} more alerts are open than fit into its list",
        "{place}：另有 {alerts} 条未结束的预警未列出";
    taken_on_before(alert, by, at):
        "{alert}: {by} took it on before, at {at}",
        "{alert}：{by} 已于 {at} 签收";
    taken_on_by_somebody(alert):
        "{alert}: somebody took it on before",
        "{alert}：已由他人签收";
    refused(alert, why):
        "{alert}: the acknowledgement was refused: {why}",
        "{alert}：签收被拒绝：{why}";
    data(what, body):
        "{what}: {body}",
        "{what}：{body}";
    gap():
        "gap",
        "缺号记录";
    time_fix():
        "time_fix",
        "校时记录";

    // ---- an alert in a line
    an_alert():
        "an alert",
        "预警";
    open_since(began):
        "open since {began}",
        "{began} 起未结束";
    not_acknowledged():
        "not acknowledged",
        "未签收";
    acknowledged():
        "acknowledged",
        "已签收";
    acknowledged_by(by):
        "acknowledged by {by}",
        "已由 {by} 签收";
    now_acknowledged_by(by):
        "ACKNOWLEDGED by {by}",
        "【已由 {by} 签收】";
    revision(phase, rev):
        "{phase} rev {rev}",
        "{phase}·修订 {rev}";
    handled(revision):
        "{revision} (handled)",
        "{revision}（处置更新）";
    phase_new():
        "new",
        "新预警";
    phase_update():
        "update",
        "更新";
    phase_end():
        "end",
        "结束";
    phase_retract():
        "retract",
        "撤回";
    exercise():
        "EXERCISE",
        "演练";
    test():
        "TEST",
        "测试";
    threshold(rule, threshold):
        "{rule}, threshold {threshold}",
        "{rule}，阈值 {threshold}";
    measured(condition, value):
        "{condition} (measured {value})",
        "{condition}（实测 {value}）";

    // ---- why a box did not take an acknowledgement
    malformed():
        "the message has another form",
        "消息格式不对";
    retained():
        "retained commands are not carried out",
        "保留（retained）的命令不执行";
    expired():
        "it is past its time, or the box's clock is not set",
        "已过有效期，或盒子的时钟未校准";
    unsigned():
        "the box takes signed commands only, use --key",
        "该盒子只接受签名的命令，请用 --key";
    unknown_key():
        "the box does not know this key",
        "该盒子不认识这把密钥";
    bad_signature():
        "the signature is wrong",
        "签名不正确";
    not_allowed():
        "the role of this key does not allow it",
        "该密钥的角色无此权限";
    misdirected():
        "it is not meant for this box",
        "不是发给该盒子的";
    conflict():
        "it does not go together with what the box runs",
        "与盒子当前运行的内容不符";
    invalid():
        "what it asks for is not valid",
        "内容无效";
    busy():
        "too many commands, send it again later",
        "命令过多，请稍后再发";
    unknown_command():
        "the box does not know this command",
        "该盒子不认识这个命令";
    unknown_alert():
        "no open alert has this id",
        "没有这条未结束的预警";
    alert_ended():
        "the alert is over",
        "该预警已经结束";
    unavailable():
        "there is no picture",
        "没有可用的图片";
    gone():
        "the box has it no more",
        "盒子上已不再保留";
    not_given():
        "the box has not come so far: it will still come",
        "盒子还没有编到，以后还会来";
    storage():
        "the box could not store it",
        "盒子无法存储";
    no_reason():
        "no reason given",
        "未说明原因";
}
