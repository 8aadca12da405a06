//! What `lookout replay` says of a recording, and what can be wrong with what it is given.

sentences! { "replay";
    // ---- arguments
    start_expected():
        "write it like 2026-01-07T22:00 or 2026-01-07T22:00:00+08:00",
        "写法如 2026-01-07T22:00 或 2026-01-07T22:00:00+08:00";
    no_such_time(time, error):
        "--start {time} is no time of this site: {error}",
        "--start {time} 不是该站点的有效时间（原文：{error}）";
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
}
