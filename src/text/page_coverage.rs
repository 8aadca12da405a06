//! The coverage calendar, on the page: in which hours each rule could have reported.

sentences! { "page_coverage";
    title(): "When rules could report", "值守日历";
    about():
        "'No alert' says something only where a rule could have raised one. Each hour shows the part of it in which it could.",
        "只有在规则能够报警时，“没有预警”才有意义。每个小时按其中能够报警的部分显示。";
    link(): "When rules could report", "查看值守日历";
    last_days(count): "Last {count} days", "最近 {count} 天";
    which(): "Which rules", "查看哪些规则";
    all_cameras(): "all cameras", "全部摄像机";
    all_rules(): "all rules", "全部规则";
    camera(): "Camera", "摄像机";
    rule(): "Rule", "规则";
    of_camera(rule, camera): "{rule} at {camera}", "{camera} 的规则 {rule}";
    percent(percent): "{percent} %", "{percent}%";
    of_wanted(watched, wanted): "could report in {watched} of {wanted}", "{wanted}中有 {watched}能够报警";
    too_little(): "Less than a minute is recorded so far.", "目前的记录还不到一分钟。";
    never_in_force(): "was not in force in this time", "这段时间未布防";
    not_for(reasons): "Not: {reasons}.", "不能报警：{reasons}。";
    for_long(state, length): "{state} {length}", "{state} {length}";
    see_all(): "All rules", "查看全部规则";
    more(count): "and {count} more; choose a camera or a rule above", "另有 {count} 项，请在上方选择摄像机或规则";
    lowest_first(): "Those that could report least come first.", "能够报警比例最低的排在最前。";
    drawing(rule, camera): "Hours of {rule} at {camera}", "{camera} 规则 {rule} 的逐小时情况";
    hour(day, hour, what): "{day} {hour}:00: {what}", "{day} {hour}:00：{what}";
    could(percent): "could report {percent} % of it", "{percent}% 的时间能够报警";
    not_in_force(): "not in force", "未布防";
    whole(): "the whole hour", "整小时能够报警";
    part(): "a part of it; the hatched part could not", "部分时间能够报警，斜线部分不能";
    nothing(): "nothing recorded", "没有记录";
    day_by_day(): "Day by day, in words", "逐日说明";
    recorded_from(at): "Recorded from {at} on.", "自 {at} 起有记录。";
    not_kept():
        "This box keeps no coverage ledger. An installer can switch it on in the configuration file: `days = 400` in `[coverage]`.",
        "本机未保存值守台账。安装员可在配置文件的 `[coverage]` 中设置 `days = 400` 开启。";
    nothing_yet():
        "Nothing is recorded of this time. The box writes it while it runs: come back in a few minutes, or choose more days.",
        "这段时间没有记录。盒子运行时会写入：请几分钟后再看，或选择更多天数。";
    nothing_else():
        "Nothing else is recorded of this time.",
        "这段时间没有其他记录。";
    is_being_read(): "The coverage ledger is being read.", "正在读取值守台账。";
    damaged(lines):
        "Lines of the coverage ledger that cannot be read: {lines}. What they said is missing below, and such an hour looks as if nothing was recorded.",
        "值守台账中有 {lines} 行无法读取，其内容未计入下面的结果；相应小时显示为没有记录。";
    about_damage():
        "`lookout coverage --verify` on the box says where they are. What was damaged stays so; where more come later, the disk of the box is failing: have it checked.",
        "在盒子上运行 `lookout coverage --verify` 可查出位置。已损坏的内容无法恢复；如果此后仍在增加，说明盒子的磁盘可能有故障，请检查。";
    unreadable(detail): "The coverage ledger cannot be read: {detail}", "无法读取值守台账（原文：{detail}）";
    no_such():
        "Nothing is recorded of this camera and rule in this time.",
        "这段时间没有该摄像机和规则的记录。";
}
