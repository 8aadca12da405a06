//! Why the embedded broker does not run, and what to try.

sentences! { "broker";
    missing():
        "the embedded broker cannot start: the program `mosquitto` is not installed",
        "内置的 MQTT 服务器无法启动：没有安装程序 `mosquitto`";
    try_installing():
        "`sudo apt install mosquitto` (deploy/setup.sh does it), name it with LOOKOUT_MOSQUITTO where it is elsewhere, or set `[mqtt] url` to a broker elsewhere",
        "请执行 `sudo apt install mosquitto`（`deploy/setup.sh` 会自动安装）；装在别处的，用 `LOOKOUT_MOSQUITTO` 指明；也可以用 `[mqtt] url` 指向其他服务器";
    port_in_use(port, who):
        "the embedded broker cannot listen on 127.0.0.1:{port}: address already in use by another program, {who}",
        "内置的 MQTT 服务器无法监听 127.0.0.1:{port}：端口已被另一个程序占用，{who}";
    try_other_port():
        "set `[mqtt] url` (and `user`, `secret`) if that is the broker to use, or choose another `embedded_port`; `ss -ltnp` names the program",
        "如果要用的就是那个服务器，请设置 `[mqtt] url`（以及 `user`、`secret`），否则请换一个 `embedded_port`；用 `ss -ltnp` 可查看是哪个程序";
    answers_otherwise():
        "which does not answer as a broker",
        "该程序不按 MQTT 应答";
    wants_login():
        "an MQTT broker that wants a user and a password",
        "是要求用户名和密码的 MQTT 服务器";
    just_taken():
        "which took it just now",
        "是刚刚占用的";
    cannot_listen(port, error):
        "the embedded broker cannot listen on 127.0.0.1:{port}: {error}",
        "内置的 MQTT 服务器无法监听 127.0.0.1:{port}（原文：{error}）";
    try_higher_port():
        "ports below 1024 need root",
        "1024 以下的端口需要 root 权限";
    folder(folder, error):
        "the embedded broker's folder {folder} cannot be used: {error}",
        "内置 MQTT 服务器的目录 {folder} 无法使用（原文：{error}）";
    try_writable_folder():
        "the folder of `[outbox] dir` must be writable",
        "`[outbox] dir` 的目录须可写";
    child(port, how):
        "the embedded broker (mosquitto on 127.0.0.1:{port}) {how}",
        "内置的 MQTT 服务器（mosquitto，127.0.0.1:{port}）{how}";
    not_started(error):
        "cannot be started: {error}",
        "无法启动（原文：{error}）";
    never_listened(seconds):
        "did not listen within {seconds} s",
        "在 {seconds} 秒内没有开始监听";
    unanswered(times):
        "did not answer {times} times in a row",
        "连续 {times} 次没有应答";
    exited(code):
        "ended with exit code {code}",
        "已退出，退出码 {code}";
    killed(signal):
        "was killed by signal {signal}",
        "被信号 {signal} 终止";
    ended(how):
        "ended: {how}",
        "已结束（原文：{how}）";
    last_words(how, words):
        "{how}: {words}",
        "{how}（原文：{words}）";

    // ---- the log
    listens():
        "the embedded MQTT broker listens",
        "内置的 MQTT 服务器已启动";
    other_gone(port):
        "the other broker on 127.0.0.1:{port} has gone",
        "127.0.0.1:{port} 上的另一个 MQTT 服务器已退出";
    another_serves(port):
        "127.0.0.1:{port} is in use by another MQTT broker of this machine: it serves instead of the embedded one",
        "127.0.0.1:{port} 已被本机的另一个 MQTT 服务器占用：由它代替内置的服务器";
    try_own_port():
        "choose another `[mqtt] embedded_port` for a broker of Lookout's own; without `[[command_key]]`, whoever may publish there can acknowledge alerts",
        "如要使用 Lookout 自己的服务器，请换一个 `[mqtt] embedded_port`；没有 `[[command_key]]` 时，能在那里发布消息的人都能签收预警";
    begins_anew():
        "the embedded broker cannot read what it had kept: it begins anew; the boxes' queues are not touched",
        "内置的 MQTT 服务器无法读取先前保存的内容，重新开始；各盒子的队列不受影响";
    not_put_aside():
        "the embedded broker's file cannot be put aside",
        "内置 MQTT 服务器的文件无法移走";
    started_again(trouble):
        "{trouble}: it is started again",
        "{trouble}：正在重新启动";
    and_tried_again(trouble):
        "{trouble}; cameras are watched and alerts wait on disk; it is tried again and again",
        "{trouble}；照常监看摄像机，预警在磁盘上等待；会不断重试";
    left_behind():
        "an embedded broker was left behind by an earlier daemon: it is ended",
        "先前的守护程序留下了一个内置 MQTT 服务器，将其结束";
}
