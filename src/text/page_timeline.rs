//! The time line of a camera, on the page: what was found, whether it could see, and what was published.

sentences! { "page_timeline";
    title(): "Time line", "时间线";
    of_camera(camera): "Time line of {camera}", "{camera} 的时间线";
    back(camera): "Back to {camera}", "返回 {camera}";
    about():
        "What was found, whether the camera could see, and which alerts came of it. It comes from the detection journal, which holds no pictures.",
        "检出了什么、摄像机能否看清、发出了哪些预警。内容来自检测日志，日志中没有画面。";

    // ---- which time
    which_time(): "Which time", "时段";
    last_day(): "Last 24 hours", "最近 24 小时";
    last_hour(): "Last hour", "最近 1 小时";
    day_before(): "Day before", "前一天";
    day_after(): "Day after", "后一天";
    a_day(): "Another day", "选择日期";
    one_hour(): "One hour of it", "查看其中一小时";
    from_to(from, to): "{from} to {to}", "{from} 至 {to}";
    no_time(typed):
        "`{typed}` is no time that a time line can show. Go back and choose a day or an hour there.",
        "`{typed}` 不是可查看的时段。请返回并选择日期或小时。";
    in_the_future():
        "This time has not come yet. Choose an earlier day.",
        "这段时间尚未到来，请选择更早的日期。";

    // ---- what was found
    found(): "What was found", "检出情况";
    nothing_found(): "Nothing was found in this time.", "这段时间没有检出任何目标。";
    about_found(minutes):
        "Each bar stands for {minutes} min: the most at once that was surer than the camera's threshold.",
        "每根柱代表 {minutes} 分钟：同一画面中达到阈值的最多数量。";
    at_most(class, count): "{class}: at most {count} at once", "{class}：同时最多 {count}";
    most_when(class, count, when): "{class}: at most {count} at once, at {when}.", "{class}：同时最多 {count}，时间 {when}。";
    count(class, count): "{class} {count}", "{class} {count}";

    // ---- whether it could see
    sight(): "Whether it could see", "能否看清";
    about_sight(minutes):
        "Each mark stands for {minutes} min, by the worst of them. Where there is no mark, it could see.",
        "每段代表 {minutes} 分钟，按其中最差的情况显示；没有标记处表示看得清。";
    where_no_mark(): "Where there is no mark, it could see.", "没有标记处表示看得清。";
    known_until(time): "Known up to {time}.", "已知至 {time}。";
    clear(): "could see", "看得清";
    not_looked_at(): "not looked at", "未分析";
    overloaded(): "box too busy", "盒子过载";
    blind(): "could not see", "看不清";
    silent(): "gave no pictures", "没有画面";
    unrecorded(): "nothing recorded", "没有记录";
    for_long(sight, time): "{sight} {time}", "{sight} {time}";
    for_minutes(sight, minutes): "{sight} {minutes} min", "{sight} {minutes} 分钟";
    mark_of(from, to, sight): "{from} to {to}: {sight}", "{from} 至 {to}：{sight}";
    not_known_yet():
        "Nothing is known of this time yet: what is seen is written down a minute or two later.",
        "这段时间的情况还不清楚：所见内容一两分钟后才会写入日志。";
    saw_all_the_time(): "It could see all the time.", "全程看得清。";

    // ---- what was published
    alerts(): "Alerts", "预警";
    no_alerts(): "No alert came of it.", "没有由此发出预警。";
    about_alerts():
        "Alerts that this camera saw first. Each leads to its page.",
        "由这路摄像机首先发现的预警，点击可查看详情。";
    mark(when, title, level): "{when}: {title}, {level}", "{when}：{title}，{level}";
    more_alerts(count): "and {count} more, which the drawing shows", "另有 {count} 条，见上图";
    alert_count(count): "alerts {count}", "预警 {count} 条";

    // ---- in words
    in_words(): "The same in words", "文字说明";
    only_where_something(): "Times without anything are left out.", "没有内容的时段不列出。";
    line(when, what): "{when}: {what}", "{when}：{what}";

    // ---- when there is none
    is_being_read(percent): "The journal is being read: {percent} %.", "正在读取日志：{percent}%。";
    look_again(): "Look again", "刷新";
    no_journal():
        "This box keeps no detection journal, so nothing is known of the past. An installer can switch it on in the configuration file: `days = 7` in `[journal]`. From then on it is recorded.",
        "本机未保存检测日志，因此没有过往记录。安装员可在配置文件的 `[journal]` 中设置 `days = 7` 开启，此后开始记录。";
    empty_journal():
        "Nothing is recorded yet. The box writes its detection journal while it runs: come back in a few minutes.",
        "还没有记录。盒子运行时会写入检测日志：请几分钟后再看。";
    nothing_then(begins):
        "Nothing is recorded of this time. The journal begins at {begins}.",
        "这段时间没有记录。日志自 {begins} 开始。";
    to_its_beginning(): "Show its first day", "查看第一天";
    unreadable(detail):
        "The detection journal cannot be read: {detail}",
        "无法读取检测日志（原文：{detail}）";
    parts_are_missing(count):
        "Records are missing in this time ({count}).",
        "这段时间有 {count} 处记录缺失。";
}
