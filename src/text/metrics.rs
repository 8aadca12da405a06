//! What metrics say, why they cannot be read, and what is wrong with the section `[metrics]`.

sentences! { "metrics";
    // ---- the program and its machine
    build():
        "The version of the program.",
        "程序版本。";
    of_box():
        "The area and the name of the box.",
        "盒子所在区县代码和盒子名称。";
    process_start():
        "When the program started, in seconds since 1970-01-01 UTC.",
        "程序启动的时间，自 1970-01-01 UTC 起的秒数。";
    process_cpu():
        "Processor time that the program has used.",
        "程序已用的处理器时间。";
    process_memory():
        "Memory of the program that is resident.",
        "程序占用的物理内存。";
    process_files():
        "Files and sockets that the program has open.",
        "程序打开的文件和套接字数。";
    process_most_files():
        "Files and sockets that the program may have open.",
        "程序最多可打开的文件和套接字数。";
    temperature():
        "Temperature of a part of the machine, where it has a sensor for it.",
        "机器各部位的温度（有传感器时才有）。";
    disk_free():
        "Free bytes on the disk of the queue.",
        "队列所在磁盘的可用字节数。";
    disk_reserved():
        "Free bytes that are left to others on the disk of the queue: below it pictures and the least urgent alerts are given up.",
        "队列所在磁盘上留给其他程序的字节数：可用空间低于它时，会放弃图片和最不紧急的预警。";
    clock_synchronised():
        "Whether the clock follows a time server; no sample where the system cannot tell.",
        "时钟是否已与时间服务器同步；系统无法判断时没有该项。";
    clock_error():
        "How far the clock may be off at most, as the kernel estimates it; no sample where it cannot tell.",
        "内核估计的时钟最大误差；无法判断时没有该项。";
    degraded():
        "Whether a part of the box is not as it should be; all cameras are one part, and so are all sensors.",
        "盒子的某一部分是否异常；所有摄像机合为一个部分，所有传感器合为一个部分。";

    // ---- the queue and the broker
    outbox_records():
        "Messages and pictures that wait in the queue for their receipt.",
        "队列中等待回执的消息和图片数。";
    outbox_unmarked():
        "Of them, those that the broker has and the centre has not confirmed yet.",
        "其中 MQTT 服务器已收到、指挥中心尚未确认的数量。";
    outbox_bytes():
        "Bytes of what waits in the queue.",
        "队列中等待内容的字节数。";
    outbox_oldest():
        "Age of the oldest message or picture that waits in the queue; 0 where none does. Looked at every few seconds.",
        "队列中最早一条等待内容已等待的时间；没有时为 0。每隔几秒更新一次。";
    outbox_delivered():
        "Messages and pictures that left the queue because they arrived.",
        "已送达而离开队列的消息和图片数。";
    outbox_dropped():
        "Messages and pictures that were given up for lack of room.",
        "因空间不足而放弃的消息和图片数。";
    broker_connected():
        "Whether the box is connected to its broker.",
        "盒子是否已连接 MQTT 服务器。";
    broker_reconnects():
        "Connections to the broker after the first one.",
        "首次连接之后，重新连接 MQTT 服务器的次数。";

    // ---- alerts
    alerts():
        "Alerts that began and are on the disk, by their kind and their first level.",
        "已开始并已存盘的预警数，按种类和最初等级分。";
    alerts_open():
        "Alerts that are open now, by level.",
        "当前未结束的预警数，按等级分。";
    revisions():
        "Revisions of alerts that were stored in the queue.",
        "已存入队列的预警修订次数。";
    revisions_waiting():
        "Revisions of alerts that wait in memory because the queue cannot be written.",
        "因队列无法写入而暂存在内存中的预警修订数。";
    revisions_lost():
        "Revisions of alerts that were lost: there was no disk and no memory left, or no message could be made of them.",
        "丢失的预警修订数：磁盘和内存都已用尽，或无法生成消息。";
    signals():
        "Signals, each at each place, by what is believed.",
        "各地点的信号数，按当前判断分。";
    coverage():
        "Seconds of all rules at all cameras together since the start, by whether they could have raised an alert and what kept them from it.",
        "启动以来所有摄像机上所有规则的秒数合计，按能否报警以及原因分。";

    // ---- a shadow
    shadow():
        "Whether a second configuration judges beside the one that runs.",
        "是否有影子配置与运行中的配置并行判断。";
    shadow_alerts():
        "Alerts that the second configuration would have raised since it began; no sample where none judges.",
        "影子配置开始以来会发出的预警数；没有影子配置时没有该项。";
    shadow_missed():
        "What cameras and sensors gave and the second configuration was not given, because it was too slow; no sample where none judges.",
        "因来不及而未交给影子配置判断的摄像机和传感器记录数；没有影子配置时没有该项。";

    // ---- the detector
    detector():
        "What the models run on.",
        "模型的运行方式。";
    detector_workers():
        "Threads that look at frames.",
        "检测线程数。";
    detector_looks():
        "Frames that were looked at, all cameras together.",
        "已检测的帧数，所有摄像机合计。";
    detector_still():
        "Frames that were not looked at because nothing had moved.",
        "因画面没有变化而未检测的帧数。";
    detector_closer():
        "Frames of which a part was enlarged and looked at a second time.",
        "局部放大后再检测一次的帧数。";
    detector_failed():
        "Frames at which looking failed.",
        "检测失败的帧数。";
    detector_busy():
        "Time that was spent looking, all threads together.",
        "检测所用的时间，所有线程合计。";

    // ---- each camera
    camera_state():
        "What a camera does: 1 for its state, 0 for the others.",
        "摄像机的状态：所处状态为 1，其余为 0。";
    camera_condition():
        "What is wrong with the pictures of a camera: 1 for what is.",
        "摄像机画面的问题：存在的为 1。";
    camera_frames():
        "Frames that came from a camera.",
        "从摄像机收到的帧数。";
    camera_decoded():
        "Frames of a camera that were decoded.",
        "摄像机已解码的帧数。";
    camera_looks():
        "Frames of a camera that were looked at.",
        "摄像机已检测的帧数。";
    camera_dropped():
        "Frames of a camera that were not looked at: nobody needed them decoded (`asleep`), no time to decode (`late`), the camera was looked at a moment before (`not_due`), no time to look (`overload`), `unreadable`.",
        "摄像机未检测的帧数：无人需要而未解码（`asleep`）、来不及解码（`late`）、刚检测过（`not_due`）、来不及检测（`overload`）、无法读取（`unreadable`）。";
    camera_reconnects():
        "How often the stream of a camera had to be opened again.",
        "摄像机视频流重新打开的次数。";
    camera_last_frame():
        "Time since the last frame of a camera; no sample before the first one.",
        "距摄像机最后一帧的时间；收到第一帧之前没有该项。";

    // ---- each sensor
    sensor_state():
        "Whether the readings of a sensor are believed: 1 for its state, 0 for the others.",
        "传感器读数是否可信：所处状态为 1，其余为 0。";
    sensor_age():
        "Time since the last reading of a sensor; no sample before the first one.",
        "距传感器最后一次读数的时间；收到第一次读数之前没有该项。";
    sensor_readings():
        "Messages and answers of a sensor with a number in them.",
        "传感器上报或应答中带有数值的次数。";
    sensor_unreadable():
        "Messages and answers of a sensor without a number where one is expected.",
        "传感器上报或应答中应有而没有数值的次数。";
    sensor_errors():
        "Failed requests and broken connections of a sensor.",
        "传感器查询失败和连接中断的次数。";

    // ---- the tables of the pages
    columns():
        "metric | type | labels | what it says",
        "指标 | 类型 | 标签 | 含义";
    series_of_box(fixed):
        "{fixed} series, and one for each kind of alert and level that occurred (`lookout_alerts_total`), and for each temperature of the machine.",
        "共 {fixed} 条序列；另有 `lookout_alerts_total`（每种出现过的预警和等级各一条）和机器的每个温度各一条。";
    series_of_camera(count):
        "{count} series for each camera of the configuration.",
        "配置中的每路摄像机各 {count} 条序列。";
    series_of_sensor(count):
        "{count} series for each sensor of the configuration.",
        "配置中的每个传感器各 {count} 条序列。";

    // ---- what a request gets
    where_they_are():
        "the metrics are at /metrics",
        "指标位于 /metrics";
    only_get():
        "metrics are read with GET",
        "指标须用 GET 读取";
    no_token():
        "the header `Authorization: Bearer TOKEN` is missing or holds another token",
        "缺少请求头 `Authorization: Bearer TOKEN`，或其中的令牌不对";
    too_many_requests():
        "too many requests; wait a second",
        "请求太频繁，请稍候再试";
    not_yet():
        "the box is only starting",
        "盒子正在启动";

    // ---- the section [metrics]
    listen_is_no_address():
        "[metrics]: `listen` must be an address and a port",
        "[metrics]：`listen` 必须是 IP 地址加端口";
    try_listen(usual):
        "for example \"{usual}\", for this machine alone",
        "例如 \"{usual}\"，仅供本机访问";
    port_needs_rights(port):
        "[metrics]: the service may not listen on port {port}: those below 1024 are for root",
        "[metrics]：服务无权监听端口 {port}：1024 以下的端口仅限 root";
    try_higher_port(usual):
        "use a port such as that of {usual}",
        "请改用 {usual} 那样的端口";
    port_is_taken_by(port, section):
        "[metrics]: `listen` has the port {port} of {section}",
        "[metrics]：`listen` 与 {section} 使用了同一端口 {port}";
    try_other_port():
        "give one of them another port",
        "请为其中之一换一个端口";
    open_to_others(listen):
        "[metrics]: other machines reach {listen}, and nothing asks them for a token",
        "[metrics]：其他机器可访问 {listen}，却不要求令牌";
    try_token(command, usual):
        "name a secret file with a token: secret = \"metrics\", made by openssl rand -hex 24 | {command}; or listen on {usual}",
        "请指定存放令牌的密码文件：secret = \"metrics\"，用 `openssl rand -hex 24 | {command}` 生成；或只监听 {usual}";
    token_too_short(least):
        "[metrics]: the token has fewer than {least} characters",
        "[metrics]：令牌少于 {least} 个字符";
    make_a_token(command):
        "make one: openssl rand -hex 24 | {command}",
        "请生成一个：`openssl rand -hex 24 | {command}`";

    // ---- why they cannot be read, and the log
    cannot_listen(address, detail):
        "metrics cannot be read at {address}: {detail}",
        "无法在 {address} 提供指标（原文：{detail}）";
    try_free_address():
        "`ss -ltnp` shows what listens there; [metrics] listen names another address or port",
        "用 `ss -ltnp` 查看是谁在监听；或为 [metrics] listen 换一个地址或端口";
    no_thread(detail):
        "metrics cannot be read: {detail}",
        "无法提供指标（原文：{detail}）";
    log_served():
        "metrics can be read",
        "指标已可读取";
    log_panicked():
        "the metrics ended with a panic and begin anew",
        "指标服务因程序异常而中断，正在重新开始";
    log_late():
        "the metrics did not end in time and are left behind",
        "指标服务没有及时结束，不再等待";
}
