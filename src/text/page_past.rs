//! The page *Past*: what a change would have made of the last days, and how the box fared then.

sentences! { "page_past";
    title(): "Past", "过往";
    about():
        "What a change would have made of the last days of this box, before anything is changed. It is judged from the detection journal, which holds no pictures.",
        "在更改之前，查看该更改在最近几天会带来什么结果。按检测日志判断，日志中没有画面。";

    // ---- beginning one
    try_it(): "Try on the last days", "用最近几天试算";
    about_trying():
        "Judges the last days of this box with this change and compares: which alerts would be gone, new, later or earlier. Changes nothing.",
        "用本机最近几天的记录按此更改重新判断并对比：哪些预警会消失、新增、提前或推迟。不会改动任何设置。";
    how_long(): "How much of the past", "回看时长";
    one_day(): "1 day", "1 天";
    days(count): "{count} days", "{count} 天";
    another_value(): "What would another value do?", "换一个设置会怎样？";
    about_another_value():
        "Change a value here and try it on the last days. It changes nothing: an installer changes rules.",
        "在此改动一个设置并用最近几天试算。不会改动任何设置；规则由安装员更改。";
    operators_only():
        "Only an operator or an installer may try a change on the past.",
        "只有值守员和安装员可以用过往记录试算。";
    is_busy(person):
        "Something of {person} is being tried on the past already, and the box does one at a time. Wait until it is done, or cancel it.",
        "{person} 正在用过往记录试算，盒子一次只做一项。请等待其完成，或先将其取消。";
    the_change(): "with the change", "更改之后";
    is_too_long(mebibytes):
        "The report would have more than {mebibytes} MiB.",
        "报告将超过 {mebibytes} MiB。";
    try_less():
        "Try fewer days, or one rule; `lookout retune --html` on the box has no such limit.",
        "请减少天数，或只试一条规则；在盒子上运行 `lookout retune --html` 没有此限制。";
    too_many_alerts(revisions):
        "The change would make more than {revisions} updates of alerts: nobody could read all of that.",
        "此更改会产生超过 {revisions} 次预警更新，无法逐一查看。";
    took_too_long(): "It took too long and was ended.", "耗时过长，已终止。";
    panicked():
        "The program had a fault while it judged; the log says more. The box itself goes on.",
        "试算时程序出现异常，详见日志。盒子其他工作不受影响。";
    too_little(begins):
        "The journal has too little of this time. It begins at {begins}: try again when more is recorded.",
        "这段时间的记录太少。日志自 {begins} 开始：请等积累更多记录后再试。";
    does_not_fit(why): "This change cannot be judged: {why}", "无法试算此更改：{why}";
    old_unreadable(path):
        "The configuration that ran then ({path}) cannot be read by this version of the program any more. Try a time after the upgrade.",
        "当时运行的配置（{path}）已无法被本版本程序读取。请试算升级之后的时段。";

    // ---- a shadow
    shadow(): "Beside what runs", "影子配置";
    no_shadow():
        "No other configuration judges beside the one that runs. Try a change on the last days; from its report you can let it judge beside what runs.",
        "没有其他配置与运行中的配置并行判断。请先用最近几天试算一项更改，再从报告中让它并行判断。";
    begin_shadow(): "Let it judge beside what runs", "作为影子配置并行判断";
    about_shadow():
        "For a week this change judges live what the cameras see. Nobody is told of what it finds; the page 'Past' shows it.",
        "此更改将在一周内实时判断摄像机所见，但不会发出任何预警；结果显示在“过往”页。";
    shadow_begun():
        "It judges beside what runs from now on. What it finds is shown below.",
        "已开始并行判断，结果见下方。";
    changed_since():
        "Since this was tried, somebody changed the configuration that runs, and this change goes on from others that do not run: beside what runs now it would take that back. Try it again, and let that report judge.",
        "试算之后，运行中的配置已被他人改动，而此更改建立在其他尚未运行的更改之上，直接并行判断会撤回他人的改动。请重新试算，再用新报告并行判断。";
    stop_shadow(): "End it", "结束";
    not_shadowed(why): "The box did not do that: {why}", "盒子未执行：{why}";
    to_alert(): "its alert", "查看该预警";

    // ---- a report
    report(): "What this change would have done", "此更改会带来什么";
    no_alert_changes():
        "No alert would change: with this change the box would have reported the very same in this time.",
        "没有预警变化：按此更改，这段时间的预警与原来完全相同。";
    back(): "All of the past", "返回过往";
    over_days(days): "over the last {days} days", "最近 {days} 天";
    over_one_day(): "over the last day", "最近 1 天";
    of_cameras(cameras): "cameras {cameras}", "摄像机 {cameras}";
    is_running(percent): "Being judged: {percent} %", "正在试算：{percent}%";
    is_left(percent, time): "Being judged: {percent} %, about {time} left", "正在试算：{percent}%，约剩 {time}";
    goes_on_alone():
        "You may leave this page: it goes on, as slowly as it must so that no alert waits for it.",
        "可以离开本页，试算会继续；为了不耽误预警，速度会受限制。";
    cancel(): "Cancel", "取消";
    cancelled(): "Cancelled", "已取消";
    was_cancelled(): "It was cancelled.", "已取消试算。";
    is_gone():
        "This report is not kept any more: a few are, and none over a restart of the box. Try the change again.",
        "该报告已不再保留（只保留最近几份，重启后清空）。请重新试算。";
    throw_away(): "Delete the report", "删除报告";
    thrown_away(): "The report was deleted.", "报告已删除。";
    propose(): "Propose this change", "提出此更改";
    about_proposing():
        "Next comes the difference of the configuration file; nothing changes before you try or keep it.",
        "下一步显示配置文件的改动；在试运行或保存之前不会生效。";
    reports(): "Tried on the past", "试算记录";
    none_yet():
        "Nothing was tried on the past yet. Open a rule, change a value, and press 'Try on the last days'.",
        "还没有试算过。请打开一条规则，改动一个设置，然后点击“用最近几天试算”。";
    to_rules(): "To the rules", "查看规则";
    kept_in_memory(count):
        "The latest {count} reports are kept until the box restarts.",
        "保留最近 {count} 份报告，盒子重启后清空。";
}
