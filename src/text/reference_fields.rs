//! The Chinese of what the configuration reference says of each section and key, in the order of the reference. What one
//! rule or one sensor source alone says stands in its own file.
//!
//! The English is the doc comment of the field (in `src/config/document`, `src/analysis/rules` and `src/sensors`) as its schema
//! gives it; it stands beside the Chinese so that a changed sentence asks for a new translation. A test of
//! `src/config/reference` names each that is missing and each that nothing says any more.

fields! {
    // ---- `[site]`
    "The box and where it stands.":
        "盒子本身及其所在地点。";
    "Name of the box, unique within the area: lower-case letters, digits and `-`, at most 32. Part of every topic.":
        "盒子的名称，在同一县区内唯一：小写字母、数字和 `-`，最多 32 个字符。每个主题里都有它。";
    "The county's code, six digits. Part of every topic; every grid code begins with it.":
        "县区代码，六位数字。每个主题里都有它，每个网格编码都以它开头。";
    "Name of the site for people; goes into every alert.":
        "站点名称，供人阅读；写入每条预警。";
    "Language of what people read from the box, its log included: `zh-CN` or `en`.":
        "盒子输出的文字（包括日志）使用的语言：`zh-CN` 或 `en`。";
    "Whether places are also given in GCJ-02, the coordinates of maps published in China, beside WGS 84 (`lonlat_gcj02` in alerts and in `up/meta`).":
        "除 WGS 84 坐标外，是否同时给出国内地图所用的 GCJ-02 坐标（预警和 `up/meta` 中的 `lonlat_gcj02`）。";
    "Time zone of the schedules and of the local times in alerts, a name of the IANA database.":
        "时段和预警中当地时间所用的时区，写 IANA 时区数据库中的名称。";
    "Whether alerts are meant seriously: `actual`, `exercise` (a drill) or `test` (setting up).":
        "预警的性质：`actual`（实战）、`exercise`（演练）或 `test`（调试）。";
    "Seconds within which somebody must acknowledge an alert before it is told again as `escalated`, to the next place up the grid; 0 for never.":
        "预警须在多少秒内有人受理；超过仍无人受理，就以 `escalated` 再次发出，沿网格上报一级。0 表示从不上报。";
    "The least level of alerts that escalate.":
        "达到这个等级的预警才会升级上报。";
    "Folder with one file per secret. Systemd's credentials are used instead where the service has them.":
        "存放密码的目录，每个密码一个文件。服务配有 systemd 凭据时，改用凭据。";

    // ---- `[mqtt]`
    "Where alerts go. Without this section a broker of the box's own (`mosquitto`, started by the daemon) serves on `127.0.0.1:1883`; where another broker of this machine serves there already, that one is used.":
        "预警发往哪里。不写这一节时，盒子用自己的 MQTT 服务器（由守护程序启动的 `mosquitto`），监听 `127.0.0.1:1883`；若本机已有别的 MQTT 服务器占用该端口，就直接用它。";
    "The command centre's broker: `mqtt://host:1883` or `mqtts://host:8883` (encrypted). Leave it out and a broker of the box's own serves on the loopback address. Never with a password inside.":
        "指挥中心的 MQTT 服务器：`mqtt://host:1883`，或加密的 `mqtts://host:8883`。不写时，盒子用自己的 MQTT 服务器，只在本机环回地址上监听。地址里不得带密码。";
    "Several brokers of the command centre instead of one `url`, tried in this order: the next one when one cannot be reached or does not take the box, the first one again when a connection that had lasted ends. All of them begin with `mqtts://`, or all with `mqtt://`; login, authorities and certificate are the same for all.":
        "指挥中心的多个 MQTT 服务器，代替单个 `url`，按此顺序尝试：连不上或不接纳本盒子的，换下一个；已经稳定的连接断开后，从第一个重新开始。全部以 `mqtts://` 开头，或全部以 `mqtt://` 开头；登录信息、CA 证书和客户端证书共用一份。";
    "Protocol version: `\"5\"`, and 3.1.1 with a broker that speaks nothing else, such as NATS; or `\"3.1.1\"` with every broker.":
        "协议版本：`\"5\"`，遇到只支持 3.1.1 的服务器（如 NATS）时自动改用 3.1.1；写 `\"3.1.1\"` 则一律用 3.1.1。";
    "User name at the broker, where the secret file holds only the password.":
        "在 MQTT 服务器上的用户名；密码文件里只有密码时填写。";
    "Name of the secret file that holds `user:password`, or only the password when `user` is given.":
        "密码文件的名称。文件内容为 `user:password`；已写 `user` 时，只写密码。";
    "PEM file with the authorities to trust, for a broker with a private one. Only with `mqtts://`.":
        "受信任的 CA 证书（PEM 文件），用于由私有机构签发证书的 MQTT 服务器。只能与 `mqtts://` 一起用。";
    "PEM file with this box's certificate, for brokers that ask for one; its name is `area.box`, such as `530127.box-7f3a`. Goes with `key_file`.":
        "本盒子的证书（PEM 文件），用于要求客户端证书的 MQTT 服务器；证书名为 `area.box`，如 `530127.box-7f3a`。与 `key_file` 一起用。";
    "PEM file with the certificate's private key, readable by its owner only. Goes with `cert_file`.":
        "证书的私钥（PEM 文件），只有属主可读。与 `cert_file` 一起用。";
    "The command centre sends marks (`down/mark`): nothing leaves the box's queue before the centre has it, from the very first message on. Without it the box believes the broker until it hears a first mark.":
        "指挥中心会发回执（`down/mark`）：从第一条消息起，中心存妥之前，任何消息都不离开盒子的队列。不设时，在收到第一份回执之前，以 MQTT 服务器的确认为准。";
    "First part of every topic.":
        "每个主题的开头部分。";
    "Port of the box's own broker on the loopback address; 0 picks a free one.":
        "盒子自带的 MQTT 服务器在环回地址上的端口；0 表示自动选一个空闲端口。";

    // ---- `[detector]`
    "What looks at the pictures.":
        "用什么来分析画面。";
    "Name of the model that finds people and vehicles, as `lookout models list` prints it.":
        "检测人员和车辆的模型，写 `lookout models list` 列出的名称。";
    "Name of the model that looks for faces in the pictures that leave the box, to blur them. It does not look at what cameras send otherwise, so rules cannot use what it finds. Without it `centerface` looks, where it is installed; `none`: no second model looks, and what the structure model finds and the head part of every person are blurred.":
        "模型的名称，用来在离开盒子的图片里查找人脸并打码。它不看摄像机的其他画面，所以规则用不到它的结果。不写时用 `centerface`（已安装的话）；`none`：不用第二个模型，只遮盖主模型检出的人脸和每个人员的头部。";
    "The list of models. Without it, the one that was installed with the program.":
        "模型清单。不写时，用随程序安装的那一份。";
    "Where ONNX Runtime computes, best first: `cpu`, `openvino`, `openvino_bf16`, `cuda`, `tensorrt`, `xnnpack`, `acl`. One that does not work is skipped with a warning. `[\"auto\"]`: at the first start what is there is timed with the model (`tensorrt` is not, it prepares for minutes), and the fastest that finds on a picture what `cpu` finds runs it. The result is kept beside the queue until model, library or processor change.":
        "ONNX Runtime 用什么计算，按优先顺序写：`cpu`、`openvino`、`openvino_bf16`、`cuda`、`tensorrt`、`xnnpack`、`acl`。用不了的跳过，并记一条警告。`[\"auto\"]`：首次启动时用模型逐个测速（`tensorrt` 除外，它要准备好几分钟），在同一张图片上检出结果与 `cpu` 一致的当中，选最快的。结果保存在队列旁边，模型、库或处理器变了才重测。";
    "What `[\"auto\"]` may choose from: `full`: only what computes with the model's own precision; `auto`: also `openvino_bf16`, and the 8-bit version of the model where the manifest names one. Faster on most processors, but it finds a little less, small and distant things above all: `lookout replay` on a recording of yours shows what.":
        "`[\"auto\"]` 可以选哪些：`full`：只选按模型原有精度计算的；`auto`：还可选 `openvino_bf16`，以及清单里写有的模型 8 位版本。在多数处理器上更快，但检出略少，尤其是小而远的目标；少了什么，用自己的录像跑 `lookout replay` 就能看到。";
    "Worker threads; as many as processor cores if left out.":
        "工作线程数；不写时等于处理器核心数。";

    // ---- `[outbox]`
    "The queue on disk in which alerts wait for their receipt.":
        "磁盘上的队列，预警在这里等待确认收到。";
    "Folder of the queue. Must survive a restart. Without it `outbox` in the service's state folder (`/var/lib/lookout`).":
        "队列的目录，重启后必须还在。不写时，用服务状态目录（`/var/lib/lookout`）里的 `outbox`。";
    "Most messages that wait; then the least urgent are given up, with a gap record.":
        "最多有多少条消息排队；超出时先舍弃最不紧急的，并留下缺号记录。";
    "Most disk space in MiB.":
        "最多占用的磁盘空间，单位 MiB。";
    "Free disk space in MiB that is left alone.":
        "至少留出多少磁盘空间不用，单位 MiB。";
    "How many days messages are kept after they arrived, so that the command centre can ask for them again (`resend`); 0: not at all. Where the disk is short they go before anything else.":
        "消息送达后保留多少天，供指挥中心要求补发（`resend`）；0 表示不保留。磁盘紧张时最先删除的就是它们。";
    "Most disk space for them in MiB, beside `max_mib`; then the oldest counts go, then the oldest answers, then the oldest of the rest.":
        "已送达的消息最多占用多少磁盘空间，单位 MiB，在 `max_mib` 之外另计；超出时先删最旧的计数，再删最旧的答复，最后删其余最旧的。";

    // ---- `[evidence]`
    "The redacted pictures that go with alerts.":
        "随预警送出的脱敏图片。";
    "Whether pictures are made at all.":
        "是否制作图片。";
    "Folder of the pictures. Without it `evidence` in the service's state folder (`/var/lib/lookout`).":
        "图片的目录。不写时，用服务状态目录（`/var/lib/lookout`）里的 `evidence`。";
    "How many days pictures are kept in the box.":
        "图片在盒子里保留多少天。";
    "Most disk space in MiB; then the oldest pictures go.":
        "最多占用的磁盘空间，单位 MiB；超出时删除最旧的图片。";
    "Public key (age) of the command centre: pictures are also kept as the camera gave them, sealed so that only the centre can open them. Without it no original is ever written. They stay in the box, in `originals` in the folder.":
        "指挥中心的公钥（age）：写了它，图片还会按摄像机的原样另存一份并加封，只有指挥中心能打开。不写则绝不保存原图。原图留在盒子里，位于该目录下的 `originals`。";
    "How many days sealed originals are kept. Only with `originals_for`.":
        "加封原图保留多少天。只能与 `originals_for` 一起用。";

    // ---- `[journal]`
    "What was found in the last days, without pictures: what another configuration would have reported can be judged by it.":
        "最近几天检出了什么（不含图片）：据此可以判断换一份配置会发出哪些预警。";
    "How many days are kept: boxes, classes and scores of what was found, and readings, never a picture; 0: nothing is kept. It lies in `journal` in the folder of the queue. Where the disk is short it goes before anything else.":
        "保留多少天：检出目标的检测框、类别和得分，以及传感器读数，绝不含图片；0 表示不保留。位于队列目录下的 `journal`。磁盘紧张时最先删除的就是它。";
    "Most disk space in MiB; then the oldest hours go.":
        "最多占用的磁盘空间，单位 MiB；超出时删除最旧的小时。";

    // ---- `[coverage]`
    "How long each rule could have raised an alert, hour by hour: with it, \"no alert\" says something.":
        "每条规则每小时有多长时间能够报警：这样“没有报警”才有意义。";
    "How many days are kept, on which the box ran; 0: nothing is kept. It lies in `coverage` in the folder of the queue, and takes about 150 KiB a day with 64 cameras of 6 rules.":
        "保留多少天（只计盒子运行的日子）；0 表示不保留。位于队列目录下的 `coverage`，64 路摄像机、每路 6 条规则时每天约占 150 KiB。";

    // ---- `[web]`
    "The page on the box, for a browser: how everything does, and what was told. It is always encrypted, and nobody sees anything without a login; `lookout page` says how to open it.":
        "盒子自带的网页，用浏览器打开：各部分的状态和已发出的预警。连接始终加密，未登录看不到任何内容；打开方法见 `lookout page`。";
    "Whether the page is served.":
        "是否提供该页面。";
    "Address and port. Without it `127.0.0.1:8443`, or the next free port where that one is taken; `lookout page` prints the address. `\"0.0.0.0:8443\"` serves whoever reaches the box: always encrypted, and nobody sees anything without a login.":
        "监听的地址和端口。不写时为 `127.0.0.1:8443`，端口被占用时顺延到下一个空闲端口；`lookout page` 会显示地址。写 `\"0.0.0.0:8443\"` 则网络内能连到盒子的都可访问：始终加密，未登录看不到任何内容。";
    "How many days the page knows alerts.":
        "页面保存多少天的预警。";
    "Most disk space for them in MiB; then the oldest go. Pictures are not among them: `[evidence]` says how long those stay.":
        "这些预警最多占用的磁盘空间，单位 MiB；超出时删除最旧的。不含图片：图片保存多久由 `[evidence]` 决定。";

    // ---- `[[grid]]`
    "What grids are called and who answers for them, one `[[grid]]` for each that has something to say; goes into every alert of that grid.":
        "网格叫什么、由谁负责。有内容要写的网格各写一个 `[[grid]]`；写入该网格的每条预警。";
    "Its code: county 6 digits, sub-district 3, community 3, grid 2 or more.":
        "网格编码：县区 6 位、街道 3 位、社区 3 位、网格 2 位或更多。";
    "What people call it; goes into every alert of this grid.":
        "便于称呼的名称；写入该网格的每条预警。";
    "How to reach whoever answers for it, such as the telephone number of a desk; goes into every alert of this grid.":
        "负责人的联系方式，例如值班室的电话；写入该网格的每条预警。";
    "Who answers for it; goes into every alert of this grid.":
        "负责人；写入该网格的每条预警。";

    // ---- `[[camera]]`
    "The cameras, one `[[camera]]` for each.":
        "摄像机，每路写一个 `[[camera]]`。";
    "Its name, unique in the file: lower-case letters, digits, `-` and `_`.":
        "名称，在文件中唯一：小写字母、数字、`-` 和 `_`。";
    "Its `[[camera_type]]`, by id: what this camera does not say itself is taken from there. What neither says is taken from `[defaults.camera]`; required is what none of them says.":
        "所属 `[[camera_type]]`（类型）的 id：这路摄像机自己没写的，从类型里取；两处都没写的，从 `[defaults.camera]` 里取。三处都没写的必填项，须在这里写。";
    "Who owns it: `sky` (public street), `village` (lane, square) or `household` (shop, yard).":
        "归谁所有：`sky`（天眼，公共街道）、`village`（村眼，巷道、广场）或 `household`（户眼，店铺、院落）。";
    "The stream: `rtsp://host/path`, `rtsps://` (encrypted) or `file:///path`. Either this or `file`. Never with a password inside: where the device wants the login as part of the address, `{user}` and `{password}` are filled in from the secret file, as in `rtsp://host/user={user}&password={password}&channel=1`. Take the camera's small stream where it has one.":
        "码流地址：`rtsp://host/path`、加密的 `rtsps://` 或 `file:///path`。与 `file` 二选一。地址里不得带密码：设备要求把登录信息写在地址里时，写 `{user}` 和 `{password}`，程序从密码文件取值填入，如 `rtsp://host/user={user}&password={password}&channel=1`。摄像机有子码流的，请用子码流。";
    "The large stream of the same camera, at the same host as `url`. It is opened for a moment when an alert begins, and one picture of it, redacted, goes with the alert; it must show the same view, because masks are the same.":
        "同一路摄像机的主码流，须与 `url` 在同一主机。预警开始时打开片刻，取一张图片，脱敏后随预警送出。两路码流的画面范围必须相同，因为遮罩是共用的。";
    "A video file that is played at real-time pace instead of a stream.":
        "视频文件，按实际速度播放，代替码流。";
    "User name at the camera, where the secret file holds only the password.":
        "在摄像机上的用户名；密码文件里只有密码时填写。";
    "How the pictures travel: `tcp` (reliable) or `udp`.":
        "视频的传输方式：`tcp`（可靠）或 `udp`。";
    "PEM file with the authority that signed the camera's certificate, for an `rtsps://` address whose camera has one of a private authority. Without it, the authorities of this machine.":
        "签发摄像机证书的 CA 证书（PEM 文件），用于证书由私有机构签发的 `rtsps://` 摄像机。不写时，用本机信任的 CA 证书。";
    "SHA-256 fingerprint of the camera's own certificate, 64 hexadecimal digits with or without colons, for an `rtsps://` address: that certificate is believed and no other, whatever it says of itself. `lookout probe` prints it.":
        "摄像机自身证书的 SHA-256 指纹，64 位十六进制数字，可带冒号，用于 `rtsps://` 地址：只认这一张证书，不管证书内容怎样写。`lookout probe` 会打印指纹。";
    "Seconds that the camera gets for one answer while the stream is opened. Without it 5, and 30 after an answer came too late: a camera that sleeps may need half a minute to wake up. Meanwhile it is asked anew every 5 s on a second connection, because one that restarts answers only what it is asked afterwards; there are never more than two.":
        "打开码流时，每次应答最多等多少秒。不写时为 5 秒，有一次应答超时后改为 30 秒：休眠的摄像机可能要半分钟才能唤醒。等待期间每 5 秒另开一个连接重新询问，因为正在重启的摄像机只应答重启之后收到的请求；同时不超过两个连接。";
    "Its place as a grid code: county 6 digits, sub-district 3, community 3, grid 2 or more.":
        "所在位置的网格编码：县区 6 位、街道 3 位、社区 3 位、网格 2 位或更多。";
    "Address in words; goes into every alert.":
        "文字地址；写入每条预警。";
    "Longitude and latitude in degrees (WGS 84), in this order.":
        "经度和纬度，单位为度（WGS 84），先经度、后纬度。";
    "What people call it; goes into its alerts.":
        "便于称呼的名称；写入它的预警。";
    "How to reach whoever answers for it, such as the telephone number of a desk; goes into its alerts.":
        "负责人的联系方式，例如值班室的电话；写入它的预警。";
    "Who answers for it; goes into its alerts.":
        "负责人；写入它的预警。";
    "How many pictures per second are looked at.":
        "每秒分析多少帧画面。";
    "How much it counts beside the other cameras when the box has not time for all: one with 2 gets twice the time that one with 1 gets.":
        "算力不够所有摄像机分时，它占多大分量：权重为 2 的，分到的时间是权重为 1 的两倍。";
    "How sure the detector must be, per class, 0 to 1. Classes that are not named use the model's own value.":
        "各类别的检测阈值，0 到 1。没有列出的类别用模型自己的值。";
    "Other thresholds at other hours, for a picture that is noisier or darker then.":
        "某些时段另用一组阈值，用于那时噪点较多或较暗的画面。";
    "How tall boxes of a class may be, in parts of the picture's height, with `min`, `max` or both: what is smaller or taller is no detection. Who is cut off above or below by a border of the picture, or stands behind something nearer, is never too small. For one rule only: its `min_height` and `max_height`.":
        "某一类别的检测框允许多高，按画面高度的比例写 `min`、`max` 或两者都写：更矮或更高的不算检出。上下被画面边缘截断的，或被近处物体挡住的，不会因太小而排除。只想限制一条规则，用该规则的 `min_height` 和 `max_height`。";
    "Where level ground meets the sky. With the camera's height it tells how tall a thing is that stands somewhere: people below 0.5 m and above 2.6 m, two-wheelers below 0.4 m and above 3 m, cars below 0.6 m and above 5 m, trucks and buses below 0.6 m and above 8 m are left out, and so are those that stand above the horizon. Who lies, is cut off below or stands behind something nearer is never too small. Only for a camera that looks along level ground, tilted down by no more than about 30 degrees: leave it out on slopes, stairs and bridges, with a fisheye lens, and where people at windows or on roofs count.":
        "平坦地面与天空交界的地方。再加上摄像机的高度，就能算出物体在所站位置的实际高度，据此排除：低于 0.5 米或高于 2.6 米的人，低于 0.4 米或高于 3 米的两轮车，低于 0.6 米或高于 5 米的小汽车，低于 0.6 米或高于 8 米的卡车和客车，以及站在地平线以上的这些目标。躺着的、下方被截断的或被近处物体挡住的，不会因太小而排除。只适用于对着平坦地面、下倾不超过约 30 度的摄像机：坡道、台阶、桥面和鱼眼镜头，以及需要检测窗口、屋顶上的人时，不要设置。";
    "Which decoder: `auto` takes a hardware decoder where there is one, `software` never does.":
        "用哪种解码器：`auto` 有硬件解码器就用，`software` 从不用硬件解码器。";
    "Clockwise degrees by which its pictures must be turned to stand upright: 90, 180 or 270, for a camera that is mounted on its side (corridor mode) or upside down. Zones, lines and masks are drawn on the upright picture. A recording that says itself how it must be turned is turned so. Costs a copy of every picture that is looked at; a camera that can turn its pictures itself should. `0` takes back what a layer says.":
        "画面要顺时针转多少度才是正的：90、180 或 270，用于侧装（走廊模式）或倒装的摄像机。区域、线和遮罩都画在转正后的画面上。录像自己注明旋转方向的，按注明的转。每帧要分析的画面都多复制一次；摄像机自己能转的，请在摄像机上转。`0` 取消类型或默认值里的设置。";
    "Width to height of the upright picture as people see it, such as `\"16:9\"`, for a stream that is squeezed and does not say so: 960 x 1080 or 704 x 576 of many recorders. Detectors and evidence then see true proportions.":
        "人眼所见的转正画面的宽高比，如 `\"16:9\"`，用于画面被压扁而码流没有注明的情况：许多录像机输出 960 x 1080 或 704 x 576。写了它，检测和取证图片才用真实的比例。";
    "How much of the stream is decoded: `auto` keyframes while nothing is in view that a rule must see more often, and everything (also what led to it) when there is; `full` always everything; `keyframes` never more. A camera whose keyframes are too far apart for `auto` is decoded in full, and the health report says so.":
        "码流解码多少：`auto` 画面中没有规则需要看得更密的目标时只解关键帧，出现这样的目标就全部解码（连同此前刚收到的部分）；`full` 始终全部解码；`keyframes` 始终只解关键帧。关键帧间隔太长、不适合 `auto` 的摄像机改为全部解码，运行状况报告里会说明。";
    "Where nothing moved in the picture, what was found before is taken as still there instead of looked for again (for 40 seconds at most).":
        "画面里没有动静的地方，沿用先前的检出结果，不重新检测（最长 40 秒）。";
    "Where something moved in a small part of the picture and nothing was found there, that part is looked at once more, enlarged: people far away are found. Needs a picture of at least 320 pixels in either direction.":
        "画面的一小块有动静却没有检出目标时，把这一块放大再看一次，可发现远处的人。要求画面的宽和高都不小于 320 像素。";
    "Whether it is learnt what is taken for a person and is none, such as a bench or a post: what has stood there for three days, in a picture that did not change, is left out from then on, as long as it does not change. Only what is taken for people is learnt; a vehicle or a thing that never moves is told until it leaves.":
        "是否学习被误认为人的东西，如长椅、立柱：在同一处停留满三天、画面又没有变化的，此后不再计入，直到它变化为止。只学习被当成人的；一直不动的车辆或物品照常报，直到离开。";
    "Seconds without a picture after which the stream is opened again.":
        "多少秒没有画面就重新打开码流。";
    "What is usual for this camera and no trouble, for example `[\"moved\"]` for one that is steered: `no_video`, `frozen`, `dark`, `over_exposed`, `covered`, `moved`, `blurred`, `sprayed`.":
        "对这路摄像机属于正常、不算异常的情况，例如会转动的摄像机写 `[\"moved\"]`：`no_video`、`frozen`、`dark`、`over_exposed`、`covered`、`moved`、`blurred`、`sprayed`。";
    "A box that covers more than this part of the picture and touches three of its borders is no detection: an unsure detector takes an empty street for one large car. Up to 0.6, an unsure vehicle that covers more than 0.4 and is cut below and at one more border is none either. Flames and smoke excepted. Raise it where vehicles stand right before the lens; 1 lets boxes of any size count.":
        "占画面超过这个比例、又贴着画面三条边的框，不算检出：没有把握的检测器会把空荡的街道当成一辆大车。此值不超过 0.6 时，占画面超过 0.4、下方和另一条边都被截断、又没有把握的车辆，同样不算。明火和烟雾除外。车辆会紧贴镜头停放的，请调大；1 表示多大的框都算。";
    "Areas that rules refer to.":
        "供规则使用的区域。";
    "Lines that rules refer to.":
        "供规则使用的线。";
    "Areas that are never looked at and are black in evidence; with `classes`, areas where some things are left out.":
        "从不查看的区域，在取证图片里涂黑；写了 `classes` 的，是只排除某些类别的区域。";

    // ---- tables of a camera
    "When they are in force, in the site's time zone, written as the `schedule` of a rule.":
        "何时生效，按站点的时区，写法同规则的 `schedule`。";
    "How sure the detector must be then, per class, 0 to 1. Classes that are not named keep their usual value.":
        "该时段内各类别的检测阈值，0 到 1。没有列出的类别用平时的值。";
    "Two to 16 points of it, `[[x, y], [x, y]]` in parts of the picture, from left to right. They may lie outside the picture: a camera that looks down has its horizon above the upper edge, where y is below 0. Edges of the road that run side by side, prolonged, meet on it.":
        "地平线上的 2 到 16 个点，`[[x, y], [x, y]]`，按画面比例，从左到右。点可以在画面之外：向下看的摄像机，地平线在画面上沿之外，那里的 y 小于 0。把道路平行的两条边线延长，交点就在地平线上。";
    "How high the camera hangs over the ground that it looks at, in metres, above 0 to 100.":
        "摄像机离所看地面的高度，单位米，大于 0，不超过 100。";
    "Its name, unique in the camera.":
        "名称，在同一路摄像机中唯一。";
    "Its corners in order, each `[x, y]` in parts of the picture (0 to 1, origin top left): at least three, at most 64, no edge crossing another.":
        "依次排列的顶点，每个为 `[x, y]`，按画面比例（0 到 1，原点在左上角）：至少 3 个，最多 64 个，各边不得相交。";
    "Whether to publish, every minute on `up/count`, how many of each class entered it, left it and were in it at once: numbers only.":
        "是否每分钟在 `up/count` 上发布该区域各类别的进入、离开数量和同时最多的数量：只有数字。";
    "Its two ends, `[[x, y], [x, y]]` in parts of the picture. Left and right are those of somebody who walks from the first to the second.":
        "线的两个端点，`[[x, y], [x, y]]`，按画面比例。左右以从第一个点走向第二个点的人为准。";
    "Its corners in order, each `[x, y]` in parts of the picture (0 to 1, origin top left).":
        "依次排列的顶点，每个为 `[x, y]`，按画面比例（0 到 1，原点在左上角）。";
    "What is left out there, such as the people on a poster; everything else is still looked for, and evidence shows the area. Without it nothing is looked for, and the area is black in evidence.":
        "该区域内排除哪些类别，例如海报上的人；其他类别照常检测，取证图片也不遮盖。不写时，该区域什么都不检测，在取证图片里涂黑。";

    // ---- `[defaults]` and `[[camera_type]]`
    "Values that stand once for many.":
        "写一次、多处共用的值。";
    "What every camera has unless its `[[camera_type]]` or the camera itself says otherwise. Every key of `[[camera]]` may stand here but those of one camera alone: `id`, `like`, `url`, `url_main`, `file`, `certificate_sha256`, `lonlat`, `name`.":
        "所有摄像机的默认值，`[[camera_type]]` 或摄像机自己另写的除外。`[[camera]]` 的键都可以写在这里，只有属于单路摄像机的除外：`id`、`like`、`url`、`url_main`、`file`、`certificate_sha256`、`lonlat`、`name`。";
    "What cameras of a type have in common, one `[[camera_type]]` for each. A camera takes what it says itself, else what its type says (`like = \"lane\"`), else what `[defaults.camera]` says, else what is usual. Tables such as `thresholds` are taken value by value, zones and lines by their `id`, masks of all of them together, any other list as a whole. Every key of `[[camera]]` may stand here but those of one camera alone: `like`, `url`, `url_main`, `file`, `certificate_sha256`, `lonlat`, `name`. `lookout check --explain CAMERA` prints where each value comes from.":
        "同一类型的摄像机共有的设置，每个类型写一个 `[[camera_type]]`。先取摄像机自己写的值，其次取类型的（`like = \"lane\"`），再次取 `[defaults.camera]` 的，最后取程序的默认值。`thresholds` 这样的表逐项取值；区域和线按 `id` 取；各层的遮罩合在一起都生效；其他列表整体取用。`[[camera]]` 的键都可以写在这里，只有属于单路摄像机的除外：`like`、`url`、`url_main`、`file`、`certificate_sha256`、`lonlat`、`name`。`lookout check --explain CAMERA` 列出每个值来自哪里。";
    "Its name, unique among the types: lower-case letters, digits, `-` and `_`. Cameras of this type say `like = \"lane\"`, and rules watch all of them with `cameras = [\"lane/*\"]`.":
        "名称，在各类型中唯一：小写字母、数字、`-` 和 `_`。属于这个类型的摄像机写 `like = \"lane\"`，规则用 `cameras = [\"lane/*\"]` 监看该类型的全部摄像机。";

    // ---- `[[rule]]`
    "What to tell about, one `[[rule]]` for each.":
        "要报哪些事，每条规则写一个 `[[rule]]`。";
    "Its name, unique in the file.":
        "名称，在文件中唯一。";
    "The cameras it watches: each by its id, `lane/*` for all of the `[[camera_type]]` `lane`, `*` for all there are. Each has its own state and its own alerts. Either this or `eye`.":
        "监看哪些摄像机：写各自的 id，`lane/*` 指 `[[camera_type]]` `lane` 的全部，`*` 指所有摄像机。每路摄像机各自判断、各自发预警。与 `eye` 二选一。";
    "Instead of `cameras`: all cameras of this owner, `sky`, `village` or `household`.":
        "代替 `cameras`：该所有者的全部摄像机，`sky`、`village` 或 `household`。";
    "When it is in force, in the site's time zone: `\"workdays 07:00-20:00\"`, `\"daily 22:00-06:00\"`, `\"sat,sun\"`, several joined by `;`. Always, if left out. Any rule with the hours of the night is a rule for after hours: give it `signal = \"after_hours\"`.":
        "何时生效，按站点的时区：`\"workdays 07:00-20:00\"`（工作日）、`\"daily 22:00-06:00\"`（每天）、`\"sat,sun\"`（周六和周日），多段之间用 `;` 隔开。不写则始终生效。任何规则写上夜间时段，就成了非开放时间的规则：请加上 `signal = \"after_hours\"`。";
    "The kind of its alerts. If left out, the name of the condition (`parked`, ...).":
        "预警的种类。不写时，用条件的名称（`parked` 等）。";
    "The level of its alerts: `blue`, `yellow`, `orange` or `red`. If left out, what is usual for its kind.":
        "预警的等级：`blue`、`yellow`、`orange` 或 `red`。不写时，用这种预警的通常等级。";
    "Title of its alerts, in place of the usual one for its kind.":
        "预警的标题，代替这种预警的通常标题。";
    "Seconds for which the condition must be gone before its alert ends.":
        "条件消失多少秒后，预警才结束。";
    "Seconds after an alert's end in which the same rule on the same camera raises no new one.":
        "预警结束后多少秒内，同一规则在同一路摄像机上不再发新预警。";
    "Least height of what it looks at, in parts of the picture's height, above 0 to 1: what is smaller does not count for this rule. Who is cut off above or below by a border of the picture, or stands behind something nearer, is never too small. `heights` of the camera is for all of its rules.":
        "目标的最小高度，按画面高度的比例，大于 0，不超过 1：更小的，这条规则不计。上下被画面边缘截断的，或被近处物体挡住的，不会因太小而排除。摄像机的 `heights` 对它的全部规则生效。";
    "Greatest height of what it looks at, in parts of the picture's height, above 0 to 1.":
        "目标的最大高度，按画面高度的比例，大于 0，不超过 1。";
    "Open flame.":
        "明火。";
    "Smoke.":
        "烟雾。";

    // ---- conditions of a rule
    "The zone; every camera that the rule names by its id must have one of this name.":
        "区域；规则按 id 指明的每路摄像机都要有这个名称的区域。";
    "The classes that count, as the model names them.":
        "计入的类别，写模型所用的名称。";
    "For how many seconds.":
        "持续多少秒。";
    "How many at once.":
        "同时至少多少个。";

    // ---- `[fusion]`
    "How hints of several cameras and sensors become one alert.":
        "几路摄像机、几个传感器的线索怎样合成一条预警。";
    "Signals of the catalogue that are wanted, by kind; `[\"all\"]` for every one. `config/signals.toml` lists them. A `[[signal]]` of the same kind in this file takes the place of the catalogue's.":
        "采用哪些现成的信号，按种类写；`[\"all\"]` 表示全部。清单见 `config/signals.toml`。本文件中同种的 `[[signal]]` 代替现成的。";
    "Whether a camera that gives no video, or whose picture is frozen, dark, covered, moved, blurred or sprayed, raises an alert that names it (the catalogue's `camera_trouble`). What is usual for one camera: its `ignore_conditions`.":
        "摄像机无视频，或画面冻结、过暗、被遮挡、被移动、模糊、被喷涂时，是否发出预警并写明是哪一路（即现成信号 `camera_trouble`）。对某一路属于正常的情况，写在它的 `ignore_conditions` 里。";
    "Pairs of grid codes that touch: what both see is one alert, for signals with `join_neighbours`.":
        "相邻的网格编码，两个一对：设了 `join_neighbours` 的信号，两边看到的合成一条预警。";

    // ---- `[[signal]]`
    "Kinds of things that several hints together make believed, one `[[signal]]` for each.":
        "由多条线索共同支持的信号，每个写一个 `[[signal]]`。";
    "The kind of its alerts.":
        "预警的种类。";
    "A sentence for people: why these sources and weights.":
        "写给人看的一句话：为什么用这些来源和权重。";
    "The sources, each with its weight. If left out, only rules of this kind feed it.":
        "各个来源及其权重。不写时，只有同种的规则支持它。";
    "Belief while nothing was seen, between 0 and 1.":
        "什么都没看到时的可信度，0 到 1 之间。";
    "After so many seconds without a word, what was said counts half (in log-odds).":
        "来源沉默这么多秒后，它先前的分量减半（按对数几率）。";
    "Most that one camera or sensor counts for, in log-odds. With the usual prior 3.0 allows a belief of 0.83.":
        "单个摄像机或传感器最多占多大分量（对数几率）。在默认的先验下，3.0 最高可使可信度达到 0.83。";
    "Belief from which each level begins. Levels that are left out do not exist for this signal.":
        "可信度达到多少时进入各等级。没写的等级，这个信号就没有。";
    "Seconds for which belief must have been there before a level begins.":
        "可信度须保持多少秒，才进入各等级。";
    "How many cameras and sensors must agree before a level begins.":
        "须有多少个摄像机和传感器一致，才进入各等级。";
    "Belief below which it is over. If left out, 0.15 below its first level.":
        "可信度低于多少时结束。不写时，比最低一级的起点低 0.15。";
    "Seconds for which belief must be too low before the alert ends or its level falls.":
        "可信度须过低多少秒，预警才结束或降级。";
    "Seconds after an end in which no new alert begins, unless it is more urgent than the one that ended.":
        "结束后多少秒内不发新预警，比刚结束的那条更紧急的除外。";
    "Whether what neighbouring grid cells see is one alert (`[fusion] neighbours`).":
        "相邻网格看到的，是否合成一条预警（`[fusion] neighbours`）。";
    "Whether each camera has an alert of its own. If left out, true where nothing but `conditions` feeds it: two cameras in trouble are two errands.":
        "是否每路摄像机各有一条预警。不写时，只由 `conditions` 支持的信号各有一条：两路摄像机出故障，要跑两个地方。";
    "One rule, by id.":
        "一条规则，写 id。";
    "Every rule of this kind (its `signal`, or the name of its condition).":
        "这一种的全部规则（写规则的 `signal`，或其条件的名称）。";
    "One sensor, by id, beyond a threshold.":
        "一个传感器超过阈值，写 id。";
    "Every sensor of this quantity, beyond a threshold.":
        "测量这个量的全部传感器，超过阈值的。";
    "Conditions of cameras themselves: `no_video`, `frozen`, `dark`, `over_exposed`, `covered`, `moved`, `blurred`, `sprayed`.":
        "摄像机自身的状况：`no_video`、`frozen`、`dark`、`over_exposed`、`covered`、`moved`、`blurred`、`sprayed`。";
    "Only these cameras, with `conditions`; all if left out.":
        "与 `conditions` 一起用：只算这些摄像机；不写则算全部。";
    "A sensor says \"yes\" from this value on.":
        "传感器的值不小于它，就算“是”。";
    "A sensor says \"yes\" from this value down.":
        "传感器的值不大于它，就算“是”。";
    "How far back a sensor's value must come before \"yes\" is taken back, in its unit.":
        "传感器的值要退回多少，才取消“是”，用传感器的单位。";
    "At `above` or `below` a sensor counts half, from this value on fully. If left out, fully at once.":
        "传感器的值刚到 `above` 或 `below` 时算一半，到这个值时算足。不写时，一到就算足。";
    "For how many seconds a sensor's value must be beyond the threshold before it says \"yes\".":
        "传感器的值须超过阈值多少秒，才算“是”。";
    "What a sure \"yes\" counts for, in log-odds: 1 is a hint, 2 a good reason, 3 nearly certain.":
        "一个确定的“是”占多大分量（对数几率）：1 是线索，2 是有力的理由，3 几乎确定。";
    "It makes surer what another source says, and says nothing alone: noise is no scuffle.":
        "只加强别的来源，单独不起作用：只有噪声不算推搡。";
    "Worth knowing.":
        "值得知道。";
    "Somebody should look when they can.":
        "有空时该有人看一眼。";
    "Somebody should go.":
        "该有人去现场。";
    "Somebody should go now.":
        "该有人立即去现场。";

    // ---- `[metrics]`
    "Metrics for a scrape by Prometheus or whatever reads OpenMetrics (`deploy/METRICS.md`). Without this section nobody can read them.":
        "供 Prometheus 等支持 OpenMetrics 的程序抓取的指标（见 `deploy/METRICS.zh-CN.md`）。不写这一节时，指标不对外提供。";
    "Address and port at which they are read, at `/metrics`. It is not encrypted: for this machine, or with `secret` for the network of the site; beyond it put a proxy with TLS in front.":
        "指标的读取地址和端口，路径为 `/metrics`。没有加密：仅供本机访问，写了 `secret` 可供站点内部网络访问；要供更大范围访问，请在前面加一个支持 TLS 的代理。";
    "Name of the secret file that holds the token which a reader must show (`Authorization: Bearer TOKEN`): at least 16 characters on one line. Needed where `listen` is more than this machine.":
        "存放令牌的密码文件的名称，读取者须出示该令牌（`Authorization: Bearer TOKEN`）：至少 16 个字符，写在一行里。`listen` 不限于本机时必填。";

    // ---- `[sensors]`
    "What sensors share: brokers and the listener for posted readings.":
        "各传感器共用的部分：MQTT 服务器，以及接收上报读数的监听端口。";
    "MQTT brokers that sensors publish to, one `[[sensors.broker]]` for each. Without any, sensors are looked for at the broker on this machine: the box's own where it runs, otherwise `127.0.0.1:1883`, which is where zigbee2mqtt publishes when it is installed on the same box.":
        "传感器发布读数的 MQTT 服务器，每个写一个 `[[sensors.broker]]`。一个都不写时，用本机的 MQTT 服务器：盒子自带的在运行就用它，否则用 `127.0.0.1:1883`；与盒子装在同一台机器上的 zigbee2mqtt 就发布在那里。";
    "The HTTP listener to which readings are posted. Needed when a sensor has `webhook`.":
        "接收上报读数的 HTTP 监听端口。有传感器用 `webhook` 时必填。";
    "Its name, which sensors use as `broker`.":
        "名称，传感器的 `broker` 写它。";
    "Where it is: `mqtt://host:1883` or `mqtts://host:8883` (encrypted). Never with a password inside.":
        "地址：`mqtt://host:1883`，或加密的 `mqtts://host:8883`。地址里不得带密码。";
    "Address and port. It is not encrypted: beyond this machine put a proxy with TLS in front.":
        "地址和端口。没有加密：要供本机以外访问，请在前面加一个支持 TLS 的代理。";
    "Name of the secret file that holds the token: at least 16 characters on one line. Nothing is taken without it.":
        "存放令牌的密码文件的名称：令牌至少 16 个字符，写在一行里。没有令牌的一律不收。";
    "Most posts per second, all senders together; twice as many may come at once.":
        "每秒最多接收多少次上报，所有发送方合计；短时间内可达两倍。";

    // ---- `[[sensor]]`
    "The sensors, one `[[sensor]]` for each.":
        "传感器，每个写一个 `[[sensor]]`。";
    "What it measures: `water_level` (m, cm, mm), `smoke` (0/1, %obs/m), `temperature` (°C, K), `pm2_5` and `pm10` (µg/m³, mg/m³), `noise` (dB, dB(A)), `door` (0/1: 1 is open), `gas` (%LEL, ppm, 0/1), or a name of your own.":
        "测量什么：`water_level`（水位：m、cm、mm）、`smoke`（烟雾：0/1、%obs/m）、`temperature`（温度：°C、K）、`pm2_5` 和 `pm10`（颗粒物：µg/m³、mg/m³）、`noise`（噪声：dB、dB(A)）、`door`（门：0/1，1 为开）、`gas`（燃气：%LEL、ppm、0/1），或自己起的名称。";
    "The unit of its values after `scale` and `offset`. May be left out where the quantity has a usual one (the first in the list above); `smoke`, `gas` and names of your own must say it.":
        "经 `scale` 和 `offset` 换算之后的单位。有通常单位的量（上面各项的第一个）可以不写；`smoke`、`gas` 和自己起的名称必须写。";
    "Least and greatest plausible value, in the unit. What lies outside is bad: it raises no alert and is no sign that all is well. If left out, what is plausible on Earth for the quantity.":
        "合理的最小值和最大值，用上面的单位。超出的读数无效：既不引起预警，也不表示一切正常。不写时，用该量在地球上可能的范围。";
    "Greatest plausible change, in the unit per second. What changes faster is bad.":
        "合理的最大变化率，单位每秒。变化更快的读数无效。";
    "Without a word for so long the sensor is silent, which makes what depends on it unknown. For Modbus the usual value is three polls and no less than 15 s. Others must say it: longer than the pause between two messages when nothing happens (battery sensors often speak once an hour or less).":
        "这么多秒没有消息，传感器就算失联，依靠它的判断变为未知。Modbus 的默认值是三次查询的时间，且不少于 15 秒。其他传感器必须写：要长于无事时两条消息的间隔（电池供电的传感器往往一小时才发一次，甚至更久）。";
    "A change counts when it lasted so long. Of measured numbers: the median of so many seconds is taken.":
        "变化持续这么多秒才算数。对测量值，取这么多秒内的中位数。";
    "value = number * scale + offset.":
        "值 = 数字 × scale + offset。";
    "In the unit; see `scale`. -273.15 makes °C of kelvin.":
        "用该传感器的单位；见 `scale`。-273.15 把开尔文换算成 °C。";

    // ---- sources of a sensor
    "Where in the message the value is, as a JSON pointer (RFC 6901). Without it, the whole message is the value.":
        "值在消息中的位置，写 JSON Pointer（RFC 6901）。不写时，整条消息就是值。";
    "Which `[[sensors.broker]]`. May be left out while there is at most one.":
        "用哪个 `[[sensors.broker]]`。至多有一个时可以不写。";
    "Words that stand for numbers, in addition to the usual ones for 0/1 sensors.":
        "代表数字的词，补充 0/1 传感器通常的那些。";
    "Number of the register, from 0: what a manual calls 40018 is `table = \"holding\", register = 17`. The six digits of some manuals (400018, 300018, 100018) are taken as they stand there, table included.":
        "寄存器编号，从 0 开始：说明书写作 40018 的，这里写 `table = \"holding\", register = 17`。有的说明书用六位数（400018、300018、100018），可以照写，寄存器类型已包含在内。";
    "`holding` or `input` registers, `coil` or `discrete` bits.":
        "`holding`（保持寄存器）、`input`（输入寄存器）、`coil`（线圈）或 `discrete`（离散输入）。";
    "What is in it: `u16`, `i16`, `bool` (one register), `u32`, `i32`, `f32` (two). Coils and discrete inputs are `bool`.":
        "数据类型：`u16`、`i16`、`bool` 占一个寄存器，`u32`、`i32`、`f32` 占两个。线圈和离散输入都是 `bool`。";
    "Order of the bytes `ABCD`: `big` (ABCD), `word_swapped` (CDAB), `byte_swapped` (BADC), `little` (DCBA).":
        "字节 `ABCD` 的顺序：`big`（ABCD）、`word_swapped`（CDAB）、`byte_swapped`（BADC）、`little`（DCBA）。";
    "Seconds between two questions.":
        "两次查询间隔多少秒。";
    "Seconds an answer may take.":
        "等待应答最多多少秒。";
    "Bits per second.":
        "波特率，每秒多少位。";

    // ---- `[[command_key]]`
    "Who may command this box over MQTT, one `[[command_key]]` for each; `lookout keys make` prints it. With at least one, everything unsigned is refused. Without any, acknowledgements and marks are taken from whoever reaches the broker, and nothing else.":
        "谁可以通过 MQTT 向这个盒子下命令，每把密钥写一个 `[[command_key]]`，内容由 `lookout keys make` 打印。写了至少一把，未签名的一概拒绝。一把都没有时，能连上 MQTT 服务器的任何人都可以签收和发回执，其他命令一概不收。";
    "Its name, unique in the file: the `kid` of what it signs, and its name in the audit log.":
        "名称，在文件中唯一：既是它签名时的 `kid`，也是它在审计日志中的名字。";
    "What its holder may do: `desk` (works on alerts), `operator` (also changes thresholds and mutes alerts) or `admin` (also decides what runs). The commands of each role are listed in `config/COMMANDS.md`.":
        "持有者可以做什么：`desk`（处理预警）、`operator`（另可调整阈值、静音预警）或 `admin`（另可决定运行什么）。各角色的命令见 `config/COMMANDS.zh-CN.md`。";
    "The public Ed25519 key: 43 characters of base64url, the `x` of its JWK.":
        "Ed25519 公钥：43 个字符的 base64url，即 JWK 中的 `x`。";

    // ---- examples
    "Yangqiao community": "羊桥社区";
    "Yangqiao community, grid 2": "羊桥社区第二网格";
    "grid officer on duty": "值班网格员";
    "Yangqiao, lane 3, east gate": "羊桥社区三巷东门";
    "East gate, fixed camera": "东门固定摄像机";
    "property office, lane 3": "三巷物业办公室";
    "Yangqiao, underpass, drain 2": "羊桥下穿通道二号排水口";
    "Drain 2": "二号排水口";
}
