//! What `lookout replay` says of a recording, and what can be wrong with what it is given.

sentences! { "replay";
    // ---- arguments
    no_camera():
        "the configuration has no camera that the recording could stand for",
        "配置中没有录像可以代表的摄像机";
    try_adding_camera():
        "add a section `[[camera]]`, as in config/minimal.toml",
        "请加上一节 `[[camera]]`，可参照 config/minimal.toml";
    unknown_camera(id):
        "the configuration has no camera `{id}`",
        "配置中没有摄像机 `{id}`";
    try_cameras(ids):
        "it has {ids}",
        "其中有 {ids}";
    several_cameras():
        "the configuration has several cameras",
        "配置中有多路摄像机";
    try_naming_camera(ids):
        "say which one the recording stands for: --camera ID, of {ids}",
        "请写明录像代表哪一路：--camera ID，可选 {ids}";

    the_recording(path):
        "the recording {path}",
        "录像 {path}";

    // ---- when it began
    began_as_given(time, zone):
        "the recording began at {time} ({zone}), as --start says",
        "录像从 {time} 开始（{zone}），以 --start 为准";
    began_as_file_says(time, zone):
        "the recording began at {time} ({zone}), as the file itself says",
        "录像从 {time} 开始（{zone}），以文件中的记录为准";
    began_as_assumed(time, zone):
        "the recording is taken for one that began at {time} ({zone}): the file does not say when it did",
        "录像按 {time} 开始算（{zone}）：文件中没有开始时间";
    try_start_if_wrong():
        "some recorders write when it was exported, or by a clock that is wrong; then say it: --start \"2026-01-07 22:00\"",
        "有些录像机写的是导出时间，或时钟不准；这时请写明：--start \"2026-01-07 22:00\"";
    try_any_start():
        "where schedules matter, say when it began, on the site's clock: --start \"2026-01-07 22:00\"",
        "涉及布防时段时，请按站点的当地时间写明录像的开始时间：--start \"2026-01-07 22:00\"";

    // ---- readings of sensors
    the_readings(path):
        "the readings in {path}",
        "读数文件 {path}";
    reading(file, line, what):
        "{file}:{line}: {what}",
        "{file}:{line}：{what}";
    no_reading(error):
        "this is no reading: {error}",
        "这不是读数（原文：{error}）";
    no_time():
        "`secs` is no time after the beginning",
        "`secs` 不是录像开始之后的时间";
    unknown_sensor(id):
        "the configuration has no sensor `{id}`",
        "配置中没有传感器 `{id}`";
    try_reading():
        "a line looks like {{\"secs\": 3.2, \"sensor\": \"drain-2\", \"value\": 0.41}}",
        "每行写法如 {{\"secs\": 3.2, \"sensor\": \"drain-2\", \"value\": 0.41}}";

    // ---- how far it is, and what came of it
    left(time, done):
        "{time} left, {done}",
        "剩余 {time}，{done}";
    read_so_far(time, done):
        "{time} gone by, {done}",
        "已用 {time}，{done}";
    read_and(time, done):
        "{time} of the recording read, {done}",
        "已读取录像 {time}，{done}";
    one_alert():
        "1 alert",
        "1 条预警";
    alerts(count):
        "{count} alerts",
        "{count} 条预警";
    looked(video, frames, alerts, open):
        "{video}: frames looked at: {frames}; {alerts}, {open} of them still open at the end",
        "{video}：分析了 {frames} 帧；{alerts}，其中 {open} 条到结尾仍未结束";
    left_out(what):
        "left out: {what}",
        "未计入：{what}";

    // ---- what one should know about the recording
    turned(camera, degrees):
        "the pictures are turned as camera `{camera}` is configured (rotate = {degrees}), unless the recording says itself how",
        "画面按摄像机 `{camera}` 的配置旋转（rotate = {degrees}），除非录像自带旋转方向";
    pixels_not_square(pixels, size, shown):
        "its pixels are not square ({pixels}): {size} is shown as {shown}",
        "像素不是正方形（{pixels}）：{size} 显示为 {shown}";
    probably_squeezed(size):
        "a picture of {size} is probably squeezed, and the recording does not say so",
        "{size} 的画面可能被压缩变形，而录像没有说明";
    try_proportions(camera):
        "if people look too thin or too stout in it, give camera `{camera}` its true proportions: display_aspect = \"16:9\"",
        "如果画面里人显得过瘦或过胖，请给摄像机 `{camera}` 设置真实的宽高比：display_aspect = \"16:9\"";
    paused_once(seconds, after):
        "the recording pauses 1 time, for {seconds} s at the longest (after {after} s): nothing was looked at meanwhile",
        "录像中断 1 次，最长 {seconds} 秒（在第 {after} 秒之后）：其间没有画面可分析";
    paused(times, seconds, after):
        "the recording pauses {times} times, for {seconds} s at the longest (after {after} s): nothing was looked at meanwhile",
        "录像中断 {times} 次，最长 {seconds} 秒（在第 {after} 秒之后）：其间没有画面可分析";
    rule_never_in_force(rule, from, to, zone):
        "the rule {rule} was never in force: the recording is taken for one from {from} to {to} ({zone})",
        "规则 {rule} 始终没有生效：录像的时间按 {from} 至 {to} 算（{zone}）";
    rules_never_in_force(rules, from, to, zone):
        "the rules {rules} were never in force: the recording is taken for one from {from} to {to} ({zone})",
        "规则 {rules} 始终没有生效：录像的时间按 {from} 至 {to} 算（{zone}）";
    try_start(time):
        "say when it really began: --start {time}",
        "请写明录像真正的开始时间：--start {time}";
    schedule_never_in_force():
        "its schedule is never in force at all",
        "它的布防时段根本不会生效";
    no_rule_watches(camera):
        "no rule watches the camera `{camera}`: nothing but trouble of the camera itself could be reported",
        "没有规则监看摄像机 `{camera}`：除摄像机自身的故障外，不会有任何预警";
    try_rule_of_camera(camera):
        "name it in a rule: cameras = [\"{camera}\"]",
        "请在规则中写上它：cameras = [\"{camera}\"]";
    try_places(rules):
        "these rules have a zone or line that it does not have: {rules}",
        "以下规则的区域或绊线是它没有的：{rules}";
    rule_could_not_decide(rule, wanted, had):
        "the rule `{rule}` could never decide: its condition must last {wanted} s without a break, and it was in force for {had} s at most",
        "规则 `{rule}` 始终无法判定：条件须连续满足 {wanted} 秒，而它最长只生效了 {had} 秒";
    visits_are_one_alert(rule, visits, hold):
        "the rule `{rule}`: {visits} visits are one alert, as `hold_secs` is {hold}",
        "规则 `{rule}`：{visits} 次出现合为一条预警，因为 `hold_secs` 为 {hold}";
    visits_are_alerts(rule, visits, alerts, hold):
        "the rule `{rule}`: {visits} visits are {alerts} alerts, as `hold_secs` is {hold}",
        "规则 `{rule}`：{visits} 次出现合为 {alerts} 条预警，因为 `hold_secs` 为 {hold}";
    try_hold():
        "with a shorter `hold_secs` each visit is an alert of its own",
        "`hold_secs` 设得更短，每次出现就会各成一条预警";
}
