//! What `lookout tune` says: precision by verdicts, what other values would have made of the last days, and what keeps within a
//! budget.

sentences! { "tune";
    // ---- what is turned
    threshold(class): "threshold for {class}", "{class} 的阈值";
    for_secs(): "how long it must last", "须持续的时间";
    at_least(): "how many at once", "同时的最少数量";
    min_height(): "least height, in parts of the picture", "最小高度（占画面高度的比例）";
    level(): "belief from which it alerts", "报警所需的可信度";

    // ---- what was judged
    title(): "Precision by verdicts", "按核实结果看准确率";
    heading(config, from, to):
        "{config}, judged on the box's own journal from {from} to {to}.",
        "{config}，按盒子自己的检测日志判断，时段 {from} 至 {to}。";
    not_given_again(count):
        "Alerts that were published and that the journal does not give again, so that they are not counted: {count}.",
        "实际发布过、但按日志无法重现因而未计入的预警：{count} 条。";
    settings_are_not_in_the_file():
        "The command centre set values in place of the file's: what is judged is the file without them.",
        "指挥中心曾设置过替代文件的值：此处判断的是文件本身，不含这些设置。";
    silent(rules): "Told nothing in this time, so that there is nothing to turn: {rules}.", "这段时间没有报警、无可调整的规则：{rules}。";
    told_nothing(): "Nothing was told in this time.", "这段时间没有报警。";

    // ---- precision
    by_rule(): "Rule by rule", "按规则统计";
    rule_on(rule, camera): "rule `{rule}` on `{camera}`", "规则 `{rule}`，摄像机 `{camera}`";
    signal(kind): "signal `{kind}`", "信号 `{kind}`";
    counts(alerts, confirmed, false_alarms, unjudged):
        "alerts {alerts}: confirmed {confirmed}, false alarms {false_alarms}, without a verdict {unjudged}",
        "预警 {alerts} 条：属实 {confirmed} 条，误报 {false_alarms} 条，未核实 {unjudged} 条";
    counts_other(other): "duplicates and drills {other}", "重复和演练 {other} 条";
    precision(share, low, high, verdicts):
        "precision {share} % ({low} to {high} % with 95 % certainty, verdicts: {verdicts})",
        "准确率 {share}%（95% 把握在 {low}% 至 {high}% 之间，核实 {verdicts} 条）";
    too_few(verdicts, wanted):
        "precision: too few to say (verdicts: {verdicts}, wanted: {wanted})",
        "准确率：核实太少，无法判断（已核实 {verdicts} 条，至少要 {wanted} 条）";
    of_what(what, counts): "{what}: {counts}", "{what}：{counts}";

    // ---- curves
    head_value(): "value", "取值";
    head_alerts(): "alerts", "预警";
    head_per_day(): "a day", "每天";
    head_confirmed(): "confirmed", "属实";
    head_false(): "false", "误报";
    head_unjudged(): "unjudged", "未核实";
    head_later(): "later", "变晚";
    head_new(): "new", "新增";
    of_all(told, all): "{told}/{all}", "{told}/{all}";
    and_elsewhere(told, missed): "{told} (elsewhere -{missed})", "{told}（别处漏 {missed}）";
    later_by(count, by): "{count}, by {by}", "{count} 条，最多 {by}";
    in_force(): "in force", "现用";
    about_curves():
        "Each line is a value: the alerts that would have been told with it, and of those that people judged how many still. \"Later\" is of confirmed ones, beside the value in force; \"elsewhere\": confirmed ones that other rules or cameras, which the value changes too, would miss.",
        "每行是一个取值：用它会报出多少条，已核实的预警中还有多少条会报。“变晚”只计属实的。";
    about_plots():
        "Columns: alerts told with each value, the one in force darker. Lines: which part of the confirmed alerts and of the false alarms is still told.",
        "柱：各取值会报出的预警数，现用的颜色较深。线：属实的预警和误报各还有多大比例会报。";
    column(value, told, confirmed, false_alarms, unjudged):
        "{value}: told {told}; confirmed {confirmed}, false alarms {false_alarms}, unjudged {unjudged}",
        "{value}：报出 {told} 条；属实 {confirmed}，误报 {false_alarms}，未核实 {unjudged}";
    key_confirmed(): "confirmed alerts still told", "仍会报的属实预警";
    key_false(): "false alarms still told", "仍会报的误报";
    key_told(): "alerts told", "报出的预警";

    // ---- a suggestion and its price
    suggestion(parameter, is, was, price): "{parameter}: {is} instead of {was}: {price}", "{parameter}：由 {was} 改为 {is}：{price}";
    try_it(what): "suggestion: {what}", "建议：{what}";
    false_alarms_gone(gone, all): "{gone} of {all} false alarms gone", "{all} 条误报减少 {gone} 条";
    confirmed_later(count, by): "{count} confirmed would have come up to {by} later", "属实的有 {count} 条会变晚，最多晚 {by}";
    none_missed(): "none missed", "没有漏报";
    confirmed_missed(missed, all): "{missed} of {all} confirmed missed", "{all} 条属实的会漏报 {missed} 条";
    unjudged_gone(gone, all): "{gone} of {all} that nobody judged gone", "{all} 条未核实的减少 {gone} 条";
    costs_elsewhere(costs): "at other rules or cameras that it changes too: {costs}", "同时影响的其他规则或摄像机：{costs}";
    later_elsewhere(count, by): "{count} confirmed up to {by} later", "属实的 {count} 条最多晚 {by}";
    unjudged_elsewhere(count): "{count} that nobody judged gone", "减少未核实的 {count} 条";
    no_suggestion():
        "no value takes false alarms away without missing a confirmed alert",
        "没有一个取值能减少误报而不漏掉属实的预警";

    // ---- a budget
    budget_hour(alerts): "{alerts} an hour", "每小时 {alerts} 条";
    budget_day(alerts): "{alerts} a day", "每天 {alerts} 条";
    budget(budget): "Budget: {budget}, on the average.", "预警限额：平均{budget}。";
    load_now(rate, told, busiest): "As it is: {rate} (in all {told}, {busiest}).", "现状：{rate}（共 {told} 条，{busiest}）。";
    load_then(rate, told, busiest):
        "With the changes: {rate} (in all {told}, {busiest}).",
        "改动后：{rate}（共 {told} 条，{busiest}）。";
    busiest_hour(count): "in the busiest hour {count}", "最多的一小时 {count} 条";
    busiest_day(count): "on the busiest day {count}", "最多的一天 {count} 条";
    within_already(): "The configuration keeps within the budget as it is.", "现有配置已在限额之内。";
    price(price): "Price: {price}.", "代价与收益：{price}。";
    turned(where_it_is, parameter, is, was): "{where_it_is}, {parameter}: {is} instead of {was}", "{where_it_is}，{parameter}：由 {was} 改为 {is}";
    camera(camera): "camera `{camera}`", "摄像机 `{camera}`";
    rule(rule): "rule `{rule}`", "规则 `{rule}`";
    not_reached(loudest):
        "The budget cannot be kept by thresholds, durations and sizes alone. What still tells most: {loudest}.",
        "仅靠阈值、持续时间和大小无法达到限额。仍报得最多的：{loudest}。";
    tells(what, count): "`{what}` {count}", "`{what}` {count} 条";
    try_elsewhere():
        "look at its zone, its schedule, its cool-down and masks, or allow more",
        "请检查其区域、布防时段、冷却时间和遮罩，或放宽限额";
    how_to_try(file):
        "Nothing was changed. To try it: `lookout retune --config {file}`, then `lookout shadow {file}`.",
        "没有改动任何内容。要试用：先 `lookout retune --config {file}`，再 `lookout shadow {file}`。";
    how_to_write():
        "`--write FILE` writes the changed configuration to a new file.",
        "`--write FILE` 把改好的配置写到一个新文件。";
    written(path): "the changed configuration is in {path}", "改好的配置已写入 {path}";
    nothing_to_write(): "nothing is different, so nothing was written", "没有改动，因此没有写入文件";

    // ---- what can be wrong
    no_budget(text): "`{text}` is not a budget", "`{text}` 不是预警限额";
    try_budget(): "write for example 6/hour or 40/day; it must be more than 0", "请写成 6/hour（每小时）或 40/day（每天），须大于 0";
    unknown_rule(rule): "there is no rule `{rule}` in the configuration", "配置中没有规则 `{rule}`";
    try_rules(rules): "there are {rules}", "已有的规则：{rules}";
    elsewhere(rule): "the rule `{rule}` does not watch the camera that is asked about", "规则 `{rule}` 不用于所问的摄像机";
    try_cameras(cameras): "it watches {cameras}", "它用于 {cameras}";
    unknown_parameter(name): "there is no `{name}` to turn here", "这里没有可调的 `{name}`";
    try_parameters(names): "there are {names}", "可调的有：{names}";
    shorter_than_budget(): "the journal has less than the time that the budget is of", "检测日志的时长短于限额所指的时间";
    try_longer(): "wait until the journal has more than an hour, or than a day where the budget is by the day", "请等检测日志超过一小时（按天限额时超过一天）后再试";
    reports_nothing(): "it reports nothing at all then", "此后不再发出任何预警";
    is_there(path): "{path} is there already", "{path} 已存在";
    try_new_file(): "name a new file: a configuration is never written over", "请写一个新文件名：绝不覆盖已有的配置";
}
