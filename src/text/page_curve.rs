//! What each value of a parameter would have made of the last days, on the page: the drawing and the slider.

sentences! { "page_curve";
    title(): "What each value would have made", "每个取值会带来什么";
    ask(): "See what each value would make", "查看每个取值的结果";
    about():
        "Judges the last days of this box with several values, one after the other, and says how many alerts each would have made, and what people had said of those. Changes nothing.",
        "用几个取值逐一重新判断本机最近几天的记录，说明每个取值会发出多少预警，以及人们当时如何核实。不会改动任何设置。";
    which(): "What to turn", "调整哪一项";
    of_rule(rule, camera, parameter): "{rule} at {camera}: {parameter}", "{camera} 的规则 {rule}：{parameter}";
    is_set(what, value): "{what} is {value}", "{what} 设为 {value}";
    nothing_to_turn():
        "This rule made no alert in that time, so there is nothing to turn. Try more days.",
        "该规则在这段时间没有发出预警，无可调整。请增加天数。";
    too_many_alerts(alerts):
        "Together these values would make more than {alerts} alerts, which is more than the box keeps in memory for this.",
        "这些取值合计会发出超过 {alerts} 条预警，超出盒子为此保留的内存。";
    try_fewer_days():
        "Try fewer days, or raise the value by hand first; `lookout tune` on the box has no such limit.",
        "请减少天数，或先手动提高该值；在盒子上运行 `lookout tune` 没有此限制。";
    no_other_value():
        "There is no higher value to try: what runs is the highest already.",
        "没有更高的取值可试：当前已是最高。";
    changes_nothing():
        "Each of these values would have made as many alerts as the one that runs now.",
        "这些取值发出的预警数与当前取值相同。";
    no_such():
        "There is nothing of that name to turn in this rule.",
        "该规则没有可调整的此项设置。";
    per_day(alerts, per_day): "alerts {alerts}, {per_day} a day", "预警 {alerts} 条（每天 {per_day} 条）";
    alerts(alerts): "alerts {alerts}", "预警 {alerts} 条";
    confirmed_kept(told, all): "confirmed {told} of {all}", "属实 {told}/{all}";
    false_left(told, all): "false alarms {told} of {all}", "误报 {told}/{all}";
    missed_elsewhere(count):
        "of other rules or cameras that it changes too, {count} confirmed missed",
        "同时影响的其他规则或摄像机漏报属实的 {count} 条";
    at_value(value, what): "{value}: {what}", "{value}：{what}";
    in_force(value, what): "{value} (runs now): {what}", "{value}（当前）：{what}";
    runs_now(): "runs now", "当前";
    runs_below(): "Alerts, by value", "各取值的预警数";
    drawing(): "Alerts that each value would have made", "每个取值会发出的预警数";
    slide(): "Slide to another value", "拖动选择取值";
    as_table(): "The numbers as a table", "以表格查看";
    value(): "Value", "取值";
    all(): "Alerts", "预警";
    confirmed(): "confirmed", "属实";
    false_alarms(): "false alarms", "误报";
    unjudged(): "not judged", "未核实";
    try_value(): "Show what changes with this value", "查看该取值的变化";
    made_by(): "Values only rise from the one in force: what is less sure than that may be missing in the journal.", "取值从当前取值开始逐步提高：低于当前取值的目标可能未记入日志。";
}
