//! What `lookout demo` shows, and what can go wrong with it.

sentences! { "demo";
    // ---- where everything is
    label_clip():
        "clip",
        "视频";
    label_camera():
        "camera",
        "摄像机";
    label_broker():
        "broker",
        "服务器";
    label_config():
        "config",
        "配置";
    label_log():
        "log",
        "日志";
    label_evidence():
        "evidence",
        "取证图片";

    // ---- what it needs
    the_clip(path):
        "the clip {path}",
        "视频 {path}";
    no_bundled_clip(clip):
        "the bundled clip {clip} is not here",
        "这里没有自带的视频 {clip}";
    try_root_or_video():
        "run from the repository's root, or name a clip with --video",
        "请在仓库根目录下运行，或用 --video 指定一段视频";
    configuration_wrong(why):
        "the demo's configuration: {why}",
        "演示用的配置有误：{why}";
    in_line(line, detail):
        "line {line}: {detail}",
        "第 {line} 行（原文：{detail}）";
    no_camera():
        "it has no [[camera]]",
        "其中没有 [[camera]]";
    no_port(error):
        "no free port: {error}",
        "没有空闲的端口（原文：{error}）";
    no_signals(error):
        "signals cannot be awaited: {error}",
        "无法等待信号（原文：{error}）";
    no_thread(error):
        "no thread: {error}",
        "无法创建线程（原文：{error}）";
    no_log(error):
        "no log file: {error}",
        "无法创建日志文件（原文：{error}）";
    program_unknown(error):
        "this program does not know where it is: {error}",
        "无法得知本程序所在的位置（原文：{error}）";
    server_not_started(why):
        "the RTSP server did not start: {why}",
        "RTSP 服务器未能启动：{why}";
    daemon_not_started(error):
        "the daemon did not start: {error}",
        "守护程序未能启动（原文：{error}）";
    tail_not_started(error):
        "`lookout tail` did not start: {error}",
        "`lookout tail` 未能启动（原文：{error}）";

    // ---- what became of it
    daemon_ended(status, log):
        "the daemon ended ({status}):\n{log}",
        "守护程序已退出（{status}）：\n{log}";
    no_broker(seconds, log):
        "the daemon opened no broker within {seconds} s:\n{log}",
        "守护程序在 {seconds} 秒内没有启动 MQTT 服务器：\n{log}";
    nothing_acknowledged():
        "no alert was published and acknowledged",
        "没有一条预警既已发出又被签收";
    try_log(log):
        "the daemon's log says what happened:\n{log}",
        "原因见守护程序的日志：\n{log}";
    log_unread(error):
        "(the log cannot be read: {error})",
        "（日志无法读取，原文：{error}）";
}
