//! What two configurations make of the same past: the words of `lookout retune` and `lookout compare`, in the terminal and in
//! the report.

sentences! { "comparison";
    // ---- lengths of time
    seconds(count): "{count} s", "{count} 秒";
    minutes(minutes, seconds): "{minutes} min {seconds} s", "{minutes} 分 {seconds} 秒";
    hours(hours, minutes): "{hours} h {minutes} min", "{hours} 小时 {minutes} 分钟";

    // ---- what was compared
    title(): "What the change does", "改动会带来什么";
    heading(before, after, from, to, cameras):
        "Old: {before}. New: {after}. From {from} to {to}, cameras: {cameras}.",
        "旧配置：{before}；新配置：{after}。时段：{from} 至 {to}，摄像机 {cameras} 路。";
    old_configuration(): "Old configuration", "旧配置";
    new_configuration(): "New configuration", "新配置";

    // ---- one alert
    line(at, place, rule, level, what):
        "{at}  {place}  {rule}  {level}: {what}",
        "{at}  {place}  {rule}  {level}：{what}";
    because(reasons): "what is different: {reasons}", "相关改动：{reasons}";
    picture(path): "picture: {path}", "图片：{path}";
    mark(at, title, level, what): "{at} {title} ({level}): {what}", "{at} {title}（{level}）：{what}";
    appears(): "comes only with the new configuration", "只有新配置会报";
    disappears(): "does not come any more", "不再报警";
    joined(at): "is part of the alert of {at}", "并入 {at} 的预警";
    parted(at): "is an alert of its own, parted from that of {at}", "从 {at} 的预警中拆出，单独报警";
    same(): "the same", "不变";
    comes_later(by): "comes {by} later", "晚 {by}";
    comes_earlier(by): "comes {by} earlier", "早 {by}";
    is_of_level(is, was): "is {is} instead of {was}", "等级由{was}变为{is}";
    ends_later(by): "ends {by} later", "结束时间晚 {by}";
    ends_earlier(by): "ends {by} earlier", "结束时间早 {by}";
    was_confirmed(): "was confirmed", "曾核实为属实";
    was_false(): "was a false alarm", "曾核实为误报";
    was_duplicate(): "was a duplicate", "曾核实为重复报警";
    was_exercise(): "was a drill", "曾核实为演练";

    // ---- how many
    count_disappear(count): "no longer come: {count}", "不再报警 {count} 条";
    count_appear(count): "new: {count}", "新增 {count} 条";
    count_later(count): "later: {count}", "变晚 {count} 条";
    count_earlier(count): "earlier: {count}", "变早 {count} 条";
    count_level(count): "of another level: {count}", "等级变化 {count} 条";
    count_joined(count): "part of another one: {count}", "并入其他预警 {count} 条";
    count_parted(count): "parted: {count}", "拆分 {count} 条";
    count_end(count): "end at another time: {count}", "仅结束时间变化 {count} 条";
    count_same(count): "the same: {count}", "不变 {count} 条";
    no_alert_at_all(): "Neither configuration raises an alert.", "两份配置都没有报警。";

    // ---- the price
    alerts_per_day(before, after, all_before, all_after):
        "Alerts a day: {before} before, {after} after ({all_before} and {all_after} in all).",
        "每天预警数：改动前 {before} 条，改动后 {after} 条（共 {all_before} 条和 {all_after} 条）。";
    alerts(before, after):
        "Alerts: {before} before, {after} after.",
        "预警数：改动前 {before} 条，改动后 {after} 条。";
    nobody_judged():
        "Nobody has said which of these alerts were right: look at what is gone before you decide.",
        "这些预警没有人核实过：请先查看不再报警的各条，再做决定。";
    false_alarms_gone(gone, all):
        "False alarms: {gone} of {all} gone.",
        "误报：{all} 条中减少 {gone} 条。";
    none_missed(all):
        "Confirmed alerts: none of {all} would have been missed.",
        "属实的预警：{all} 条中没有漏报。";
    confirmed_missed(gone, all):
        "Confirmed alerts: {gone} of {all} would have been missed.",
        "属实的预警：{all} 条中会漏报 {gone} 条。";
    confirmed_later(count, by):
        "Confirmed alerts that would have come later: {count}, by {by} at the most.",
        "属实的预警中会变晚的：{count} 条，最多晚 {by}。";
    new_are_not_judged(count):
        "Alerts that only the new configuration raises: {count}. Nobody has judged those.",
        "只有新配置会报的预警：{count} 条，这些还没有人核实过。";

    // ---- why: what the one configuration lacks
    new_has_no_camera(camera): "the new configuration has no camera `{camera}`", "新配置中没有摄像机 `{camera}`";
    new_has_no_rule(rule): "the new configuration has no rule `{rule}`", "新配置中没有规则 `{rule}`";
    new_has_no_signal(kind): "the new configuration has no signal `{kind}`", "新配置中没有信号 `{kind}`";
    new_rule_not_on(rule, camera):
        "with the new configuration the rule `{rule}` does not watch camera `{camera}`",
        "在新配置中规则 `{rule}` 不用于摄像机 `{camera}`";
    new_rule_not_alone(rule):
        "with the new configuration the rule `{rule}` feeds a signal and raises no alert by itself",
        "在新配置中规则 `{rule}` 只为信号提供依据，自身不报警";
    new_rule_not_in_force(rule):
        "with the new configuration the rule `{rule}` is not in force at that time",
        "在新配置中规则 `{rule}` 当时不在布防时段";
    old_has_no_camera(camera): "the old configuration has no camera `{camera}`", "旧配置中没有摄像机 `{camera}`";
    old_has_no_rule(rule): "the old configuration has no rule `{rule}`", "旧配置中没有规则 `{rule}`";
    old_has_no_signal(kind): "the old configuration has no signal `{kind}`", "旧配置中没有信号 `{kind}`";
    old_rule_not_on(rule, camera):
        "with the old configuration the rule `{rule}` does not watch camera `{camera}`",
        "在旧配置中规则 `{rule}` 不用于摄像机 `{camera}`";
    old_rule_not_alone(rule):
        "with the old configuration the rule `{rule}` feeds a signal and raises no alert by itself",
        "在旧配置中规则 `{rule}` 只为信号提供依据，自身不报警";
    old_rule_not_in_force(rule):
        "with the old configuration the rule `{rule}` is not in force at that time",
        "在旧配置中规则 `{rule}` 当时不在布防时段";

    // ---- why: what is set otherwise
    decided_by(was, is): "`{is}` decides instead of `{was}`", "由 `{is}` 判定，原为 `{was}`";
    condition_changed(is, was): "the condition is \"{is}\" instead of \"{was}\"", "条件为“{is}”，原为“{was}”";
    condition_set_otherwise(rule):
        "the condition of the rule `{rule}` has other parameters",
        "规则 `{rule}` 的条件参数有改动";
    lasting_changed(is, was): "it must last {is} instead of {was}", "须持续 {is}，原为 {was}";
    hold_changed(is, was): "hold is {is} instead of {was}", "保持时间为 {is}，原为 {was}";
    cooldown_changed(is, was): "cool-down is {is} instead of {was}", "冷却时间为 {is}，原为 {was}";
    level_changed(is, was): "the level is {is} instead of {was}", "等级为{is}，原为{was}";
    heights_changed(rule): "the rule `{rule}` has other size limits", "规则 `{rule}` 的大小限制有改动";
    schedule_changed(rule): "the rule `{rule}` has another schedule", "规则 `{rule}` 的布防时段有改动";
    threshold_changed(class, is, was):
        "the threshold for {class} is {is} instead of {was}",
        "{class} 的阈值为 {is}，原为 {was}";
    place_redrawn(place, camera):
        "`{place}` of camera `{camera}` is drawn differently",
        "摄像机 `{camera}` 的 `{place}` 重新画过";
    masks_changed(camera): "camera `{camera}` has other masks", "摄像机 `{camera}` 的遮罩有改动";
    sizes_changed(camera): "camera `{camera}` has other size limits", "摄像机 `{camera}` 的大小限制有改动";
    furniture_changed(camera):
        "camera `{camera}` learns otherwise what never moves",
        "摄像机 `{camera}` 对静止物的学习设置有改动";
    rate_changed(camera, is, was):
        "camera `{camera}` is looked at {is} times a second instead of {was}",
        "摄像机 `{camera}` 每秒分析 {is} 次，原为 {was} 次";
    signal_changed(kind): "the signal `{kind}` is set otherwise", "信号 `{kind}` 的设置有改动";

    // ---- the report
    the_price(): "The price", "代价与收益";
    a_day(): "alerts a day", "条预警（每天）";
    in_all(): "alerts", "条预警";
    still_raised(): "Still raised", "仍会报警";
    no_longer_raised(): "No longer raised", "不再报警";
    false_alarms(): "False alarms", "误报";
    confirmed_alerts(): "Confirmed", "属实";
    what_becomes_of_judged(): "What becomes of the alerts that people judged", "已核实的预警会怎样";
    gone_of(gone, all): "{gone} of {all} no longer raised", "{all} 条中有 {gone} 条不再报警";
    over_time(): "Alerts over time", "预警数量随时间的变化";
    bar(at, before, after): "from {at}: {before} before, {after} after", "{at} 起：改动前 {before} 条，改动后 {after} 条";
    time_lines(): "Time line of each camera", "各摄像机的时间线";
    about_time_lines():
        "Above: what the old configuration raised. Below, on a tinted ground: what the new one raises. What is the same is pale; alerts at the same time stand one below the other.",
        "上方为旧配置的预警，下方带底色的为新配置的预警；没有变化的颜色较浅，同时发生的上下排列。";
    and_others(count): "and {count} more", "及另外 {count} 条";
    by_rule(): "Rule by rule", "按规则统计";
    head_rule(): "Rule or signal", "规则或信号";
    head_before(): "Old", "旧";
    head_after(): "New", "新";
    head_gone(): "No longer", "不再报";
    head_new(): "Only new", "新增";
    head_later(): "Later", "变晚";
    head_earlier(): "Earlier", "变早";
    alert_by_alert(): "Alert by alert", "逐条对比";
    its_picture(): "The redacted picture of this alert", "该预警的脱敏图片";
    only_redacted():
        "Pictures are the redacted evidence that the box still keeps; an alert without one has none any more.",
        "图片为盒子上仍保留的脱敏证据；没有图片的预警，其图片已不再保留。";
    loads_nothing(): "Nothing in this file is loaded from elsewhere.", "本文件不从别处加载任何内容。";
}
