//! The Chinese of the commands' help. The English stands with the commands as their doc comments, where clap takes it from,
//! and here where that is no doc comment; a test walks all commands and fails where one has no Chinese here.
//!
//! A text says nothing of what clap knows: defaults and possible values are put behind it.

/// In place of an argument: the long description of a command.
pub(crate) const MORE: &str = "(more)";
/// In place of an argument: what stands below a command's help.
pub(crate) const AFTER: &str = "(after)";

/// What stands below the help of the program.
pub(crate) const EXIT_CODES: &str = "Exit codes: 0 done, 1 tried and failed, 2 wrong arguments or configuration.\n\
    LOOKOUT_LOG sets what is logged to standard error (info, debug, lookout::video=trace, ...).";
/// What stands below the help of `lookout secret set`.
pub(crate) const SECRET_EXAMPLES: &str =
    "Examples:\n  lookout secret set cam-03\n  openssl rand -hex 24 | lookout secret set webhook";
/// What stands below the help of `lookout backup`.
pub(crate) const BACKUP_EXAMPLES: &str = "Example: sudo lookout backup box-1.backup.age\n\n\
    The passphrase is asked for on a terminal, else read from standard input. `age -d` opens the file without Lookout.";
/// What stands below the help of `lookout restore`.
pub(crate) const RESTORE_EXAMPLES: &str = "Example: sudo lookout restore box-1.backup.age --check";
/// What stands below the help of `lookout models add`.
pub(crate) const MODEL_EXAMPLES: &str = "\
Examples:
  lookout models add yolox_s.onnx --head yolox --classes coco --licence Apache-2.0
  lookout models add street.onnx --head yolov8 --classes-file names.txt --words pedestrian=person,rickshaw=two_wheeler
  lookout models add faces.onnx --head scrfd --input 640x384 --dry-run

What is not said is what the makers of that kind of head usually do; the entry is printed, so look at it.";
/// What `--language` is for.
pub(crate) const LANGUAGE: &str = "Language of what is said: zh-CN (or zh) or en [default: the terminal's; of `run` and `keys box` the \
    site's; of `tail` Chinese where the terminal or the site is]";
/// The same of a command that speaks as the site does.
const LANGUAGE_OF_SITE: &str = "所用语言：zh-CN（可写 zh）或 en（默认：站点的语言）";
/// The manifest of a command that has a configuration.
const MANIFEST_OF_CONFIG: &str = "模型清单或其目录（默认：配置中的清单，其次是 LOOKOUT_MODELS、models/、程序旁、/usr/share/lookout/models）";

/// What `--classes` of `lookout models add` is for, where these kinds of head find faces only.
pub(crate) fn classes(of_faces: &str) -> String {
    format!("What the network's classes are called, in its order, or `coco` [default: face for {of_faces}]")
}

/// What `help` is for, which every command with commands of its own has.
pub(crate) const HELP_COMMAND: &str = "显示帮助，或某个命令的帮助";

/// Command, argument (nothing for the command itself), text.
pub(crate) const ALL_OF_HELP: &[(&str, &str, &str)] = &[
    ("", "", "边缘预警：接入摄像机，只发出少量可信的预警。只做检测，不做身份识别。"),
    (
        "",
        AFTER,
        "退出码：0 完成；1 执行失败；2 参数或配置有误。\n\
         环境变量 LOOKOUT_LOG 设定写入标准错误的日志（info、debug、lookout::video=trace 等）。",
    ),
    // ----
    ("demo", "", "把一段视频当作摄像机播放，运行守护程序并显示预警"),
    ("demo", "video", "播放的视频：mp4、mkv 或 avi（默认：自带的 lane-day.mp4）"),
    ("demo", "model", "使用的模型（默认：配置中的模型）"),
    ("demo", "config", "使用的配置，由视频充当其中第一路摄像机（默认：按视频自动选用自带的配置）"),
    ("demo", "seconds", "运行多少秒（默认：直到按 Ctrl-C）"),
    // ----
    ("run", "", "运行守护程序"),
    ("run", "config", "配置文件"),
    (
        "run",
        "allow_core",
        "允许生成核心转储和连接调试器。其中会有摄像机和 MQTT 服务器的密码：仅供查找故障，绝不要在现场的盒子上使用",
    ),
    (
        "run",
        "log_format",
        "日志的格式：供人阅读的文本行，或供程序读取的 JSON 对象，其中 `code` 是语句编号，`args` 是语句中的内容（写成文本的 JSON）",
    ),
    // ----
    ("check", "", "检查配置，一次列出所有问题"),
    (
        "check",
        MORE,
        "检查配置，一次列出所有问题；没有错误时说明盒子会做什么。\n\n退出码 0：没有错误（允许有警告）。2：至少有一个错误。",
    ),
    ("check", "files", "要检查的文件"),
    ("check", "json", "每个文件输出一个 JSON 对象"),
    ("check", "manifest", "用来核对模型名和类别名的模型清单；有清单时会自动找到"),
    ("check", "elsewhere", "配置用于另一台机器：不在本机查找密码文件、证书、视频和模型"),
    ("check", "user", "按该用户的权限判断文件能否读取；只有 root 可用（默认：root 运行时按服务账号）"),
    ("check", "explain", "列出该摄像机的所有设置值和监看它的规则，并注明各自的出处"),
    // ----
    ("probe", "", "查看摄像机送来的视频；取不到时说明原因"),
    ("probe", "target", "摄像机地址（rtsp://host/path），或视频文件"),
    ("probe", "user", "摄像机的用户名"),
    ("probe", "secret_file", "存放密码或 `user:password` 的文件"),
    (
        "probe",
        "secret",
        "服务的密码目录中的文件名；目录是 `CREDENTIALS_DIRECTORY`，未设置时为 /etc/lookout/secrets",
    ),
    ("probe", "transport", "传输方式"),
    ("probe", "ca_file", "签发摄像机证书的 CA 的 PEM 文件（用于 rtsps://）"),
    ("probe", "certificate_sha256", "摄像机自身证书的 SHA-256 指纹（用于 rtsps://）"),
    ("probe", "answer_within", "等待摄像机每次应答的秒数，1 至 30（默认：5）"),
    ("probe", "save", "画面保存到哪里；不写则按地址命名，如 probe-10.0.0.31-stream2.jpg"),
    ("probe", "rotate", "保存前把画面顺时针旋转的度数，与摄像机的 `rotate` 设置相同"),
    ("probe", "json", "以一个 JSON 对象输出结果"),
    ("probe", "seconds", "最长用时（秒），5 至 300"),
    // ----
    ("discover", "", "用 ONVIF 搜索本地网络中的摄像机，或列出某一台的视频流"),
    (
        "discover",
        "address",
        "某一台摄像机：10.0.0.31、10.0.0.31:8080 或其 ONVIF 服务的地址；不写则搜索所有摄像机",
    ),
    ("discover", "user", "摄像机的用户名；会询问密码"),
    ("discover", "secret_file", "存放密码或 `user:password` 的文件"),
    ("discover", "secret", "服务的密码目录中的文件名"),
    ("discover", "keyframes", "把分析用视频流的关键帧间隔设为这么多帧，并读回结果"),
    ("discover", "seconds", "等待摄像机应答的秒数，1 至 60"),
    ("discover", "json", "以一个 JSON 对象输出结果"),
    // ----
    ("capacity", "", "测出本机能带多少路摄像机"),
    ("capacity", "config", "以其中的摄像机为样本的配置；不写则每路摄像机都用上几种基本规则，每种一条"),
    ("capacity", "clip", "用这段视频代替现场的摄像机：mp4、mkv 或 avi"),
    ("capacity", "model", "使用的模型（默认：配置中的模型）"),
    ("capacity", "seconds", "每种路数观察的秒数；繁忙的街道须比空旷的久"),
    ("capacity", "most", "最多试到多少路"),
    ("capacity", "only", "只测这个路数，看能否带得动"),
    ("capacity", "json", "以 JSON 输出结果"),
    // ----
    ("detect", "", "检测图片，以 JSON 行输出检测框"),
    ("detect", "pictures", "JPEG 或 PNG 文件"),
    ("detect", "models", "清单中的模型；可写多个，一起运行（默认：清单中的第一个）"),
    ("detect", "save", "把带检测框和标签的图片也写到该目录（未打码，仅供自己查看）"),
    ("detect", "threshold", "所有类别的最低分数（默认：清单中的推荐值）"),
    // ----
    ("replay", "", "以最快速度回放录像，以 JSON 行输出其中的预警"),
    ("replay", "video", "录像文件：mp4、mkv、avi、ts、mpg、flv、dav 等，格式按内容识别"),
    ("replay", "config", "采用其中规则的配置"),
    ("replay", "camera", "录像代表哪一路摄像机；只有一路时可不写"),
    (
        "replay",
        "start",
        "录像的开始时间，用于布防时段和预警中的时间：站点的当地时间 \"2026-01-07 22:00\"，或自带时差 2026-01-07T22:00:00+08:00（默认：以文件中的记录为准，没有时为 2026-01-07T00:00:00Z）",
    ),
    (
        "replay",
        "draw",
        "绘制成视频：带类别和分数的检测框、轨迹、区域、绊线和遮挡区，以及每条规则的状态；像取证图片一样打码",
    ),
    ("replay", "evidence", "把取证图片保存到该目录"),
    (
        "replay",
        "readings",
        "其间的传感器读数：JSON 行，如 {\"secs\": 3.2, \"sensor\": \"drain-2\", \"value\": 0.41}，时间为录像开始后的秒数；\
         回放到最后一条读数为止",
    ),
    ("replay", "model", "使用的模型（默认：配置中的模型）"),
    // ----
    ("compare", "", "比较两份配置对同一段录像的结果：哪些预警新增、消失、变早或变晚"),
    ("compare", "old", "现在的配置"),
    ("compare", "new", "修改后的配置"),
    ("compare", "video", "录像文件：mp4、mkv、avi、ts、mpg、flv、dav 等，格式按内容识别"),
    ("compare", "camera", "录像代表两份配置中的哪一路摄像机；只有一路相同时可不写"),
    (
        "compare",
        "start",
        "录像的开始时间，用于布防时段：旧配置站点的当地时间 \"2026-01-07 22:00\"，或自带时差 2026-01-07T22:00:00+08:00（默认：以文件中的记录为准，没有时为 2026-01-07T00:00:00Z）",
    ),
    ("compare", "readings", "其间的传感器读数，写法同 `lookout replay`"),
    ("compare", "json", "以一个 JSON 对象输出结果"),
    ("compare", "html", "把结果连同图表写成一个独立的 HTML 文件"),
    // ----
    ("retune", "", "换一份配置，最近几天会报出哪些预警：按盒子的检测日志重新判断"),
    (
        "retune",
        MORE,
        "换一份配置，最近几天会报出哪些预警：按盒子的检测日志重新判断。\n\n\
         先说明旧配置能否重现当时发出的预警，再逐条列出新增、消失、变早、变晚和等级变化的预警，最后给出代价：每天的预警数，\
         以及已核实的预警中会漏报或减少多少。不需要录像，也不改动任何内容。",
    ),
    ("retune", "config", "要试用的配置"),
    (
        "retune",
        "data",
        "盒子的数据目录（默认：要试用的配置中的目录，其次是 /etc/lookout/lookout.toml 中的目录）",
    ),
    ("retune", "since", "判断最近多长时间：90m、12h 或 7d"),
    (
        "retune",
        "from",
        "从何时起：2026-01-07、站点的当地时间 2026-01-07T22:00，或自带时差 2026-01-07T22:00:00+08:00",
    ),
    ("retune", "to", "到何时止，写法相同（默认：现在）"),
    ("retune", "camera", "只看这路摄像机；可写多次"),
    ("retune", "json", "以一个 JSON 对象输出结果"),
    ("retune", "html", "把报告写成一个 HTML 文件：图表和图片都在其中，两种语言"),
    // ----
    ("why-not", "", "说明某条规则在某个时刻为何没有报警：最先否决的环节，以及差多少"),
    (
        "why-not",
        MORE,
        "说明某条规则在某个时刻为何没有报警：最先否决的环节，以及差多少。\n\n\
         从画面到预警的各个环节：已停用、不在布防时段、没有视频、画面不可信、没有解码、没有动静、没有检出、低于阈值、被遮罩或过滤设置略去、\
         在区域之外、过小或过大、时间不够、在冷却时间内、信号可信度不够、已静音。",
    ),
    ("why-not", "camera", "摄像机"),
    ("why-not", "rule", "规则；摄像机只有一条规则时可不写"),
    (
        "why-not",
        "at",
        "本应报警的时刻：站点的当地时间 2026-01-07T22:00，或自带时差 2026-01-07T22:00:00+08:00",
    ),
    ("why-not", "within", "查看该时刻前后多长时间"),
    ("why-not", "config", "按这份配置回答，而不是当时运行的配置"),
    ("why-not", "data", "盒子的数据目录（默认：/etc/lookout/lookout.toml 中的目录）"),
    ("why-not", "json", "以一个 JSON 对象输出结果"),
    // ----
    ("coverage", "", "说明各规则有多长时间能够报警、其余时间是什么原因：这样“没有报警”才有意义"),
    (
        "coverage",
        MORE,
        "说明各规则有多长时间能够报警、其余时间是什么原因：这样“没有报警”才有意义。\n\n\
         对每路摄像机的每条规则给出合计、原因、最长的几次中断，以及每小时一个符号的日历。正在进行的小时最多滞后一分钟。",
    ),
    ("coverage", "camera", "只看这路摄像机；可写多次"),
    ("coverage", "rule", "只看这条规则；可写多次"),
    ("coverage", "since", "查看多长的过去：12h 或 7d"),
    ("coverage", "json", "以一个 JSON 对象输出结果，包含每个小时"),
    ("coverage", "verify", "改为逐行核对哈希链；断裂时退出码为 1，并指出最先不符的一行"),
    ("coverage", "config", "盒子的配置"),
    ("coverage", "data", "盒子的数据目录（默认：配置中的目录）"),
    // ----
    ("tune", "", "各条规则已核实的预警中有多少属实；换用其他阈值、持续时间和大小会报出多少"),
    (
        "tune",
        MORE,
        "各条规则已核实的预警中有多少属实；换用其他取值，最近几天会报出多少。\n\n\
         预警由人在指挥中心或页面上核实，未核实的单独计数。对每条规则、每路摄像机，逐一试用高于现值的阈值、持续时间、数量、最小高度和\
         可信度：会报出多少条，属实的有多少会变晚或漏掉，误报还剩多少。用 --budget 时，寻找能守住限额且损失最小的取值。\
         不需要录像，也不改动任何内容。",
    ),
    ("tune", "config", "要调整的配置（默认：/etc/lookout/lookout.toml，其次是最近运行的配置）"),
    ("tune", "data", "盒子的数据目录（默认：配置中的目录）"),
    ("tune", "since", "判断最近多长时间：90m、12h 或 7d"),
    ("tune", "rule", "只看这条规则；可写多次"),
    ("tune", "camera", "只看这路摄像机；可写多次"),
    ("tune", "budget", "寻找平均预警数不超过此限额的取值：6/hour（每小时）或 40/day（每天）"),
    ("tune", "write", "把改好的配置写到这个文件，该文件须尚不存在"),
    ("tune", "json", "以一个 JSON 对象输出结果"),
    ("tune", "html", "把曲线写成一个 HTML 文件，两种语言"),
    // ----
    ("shadow", "", "让另一份配置与运行中的配置并行判断（影子配置），并显示它会发出什么"),
    (
        "shadow",
        MORE,
        "让另一份配置与运行中的配置并行判断（影子配置），并显示它会发出什么。\n\n\
         写上文件即开始；不写文件则显示至今的结果。它会发出的内容不会作为预警发往指挥中心，也不会进入盒子页面的预警列表，\
         更不会送到任何会有人据此行动的地方。到期后，或其配置正式启用时，自动结束。",
    ),
    ("shadow", "file", "用来并行判断的配置"),
    ("shadow", "stop", "结束影子配置"),
    ("shadow", "lasts", "判断多长时间：12h 或 7d"),
    ("shadow", "config", "盒子的配置"),
    ("shadow", "json", "以一个 JSON 对象输出结果"),
    // ----
    ("explain", "", "用文字说明一条预警：何事、何处、为何、谁在处理"),
    (
        "explain",
        "file",
        "存有一条预警的文件，或像 `replay` 和 `tail --json` 的输出那样每行一条；`-` 表示标准输入",
    ),
    // ----
    ("sensors", "", "实时显示传感器读数；每个传感器都有读数时退出码为 0，有一个始终没有则为 1"),
    ("sensors", "config", "配置文件"),
    ("sensors", "sensor", "只看这个传感器；可写多次"),
    ("sensors", "json", "每行输出一个 JSON 对象"),
    ("sensors", "seconds", "接收多少秒"),
    // ----
    ("tail", "", "像小型指挥中心一样跟踪预警"),
    (
        "tail",
        MORE,
        "先列出未结束的预警，然后实时跟踪。\n\n\
         只有看到了所要的结果，退出码才是 0：--until-acknowledged 要求签收在预警的下一次修订中得到回应；--ack 同此，或已没有可签收的预警；\
         --seconds 要求有一条未结束的或新的预警。按 Ctrl-C 结束。",
    ),
    ("tail", "url", "MQTT 服务器：mqtt://host:1883，加密时为 mqtts://host:8883"),
    ("tail", "area", "只看这个县区（县区代码）；默认看全部"),
    ("tail", "box_name", "只看这个盒子；默认看全部"),
    ("tail", "prefix", "主题的前缀"),
    ("tail", "mqtt5", "用 MQTT 5，而不用 3.1.1"),
    ("tail", "json", "原样输出消息，每行一个 JSON 对象"),
    ("tail", "ack", "签收所有未结束的和新来的预警，他人已签收的除外"),
    ("tail", "ack_as", "同上，并以此名义签收"),
    ("tail", "mark", "发送回执：此后盒子会保留所有消息，直到本指挥中心收到"),
    ("tail", "seconds", "运行这么多秒后结束"),
    ("tail", "until_acknowledged", "签收预警，在第一次签收于预警的下一次修订中得到回应时结束"),
    ("tail", "key", "为签收和回执签名的私钥，由 `lookout keys make` 生成"),
    ("tail", "user", "MQTT 服务器的用户名"),
    ("tail", "password_file", "存放该用户密码的文件"),
    ("tail", "ca", "签发 MQTT 服务器证书的 CA，PEM 格式；默认用系统的"),
    // ----
    ("keys", "", "制作、列出和使用向盒子下命令的密钥；输出本盒子签名用的公钥"),
    ("keys make", "", "制作一对密钥：私钥写入文件，公钥打印出来供写进配置"),
    ("keys make", "name", "密钥的名称：由谁持有"),
    (
        "keys make",
        "role",
        "角色：`desk`（值班席）、`operator`（操作员）或 `admin`（管理员），后者都有前者的权限",
    ),
    ("keys make", "out", "存放私钥 NAME.jwk 的目录；不要放在盒子上"),
    ("keys list", "", "列出配置中的密钥"),
    ("keys list", "config", "配置文件"),
    ("keys box", "", "输出本盒子签名用的公钥，供指挥中心登记"),
    (
        "keys box",
        MORE,
        "输出本盒子签名用的公钥，供指挥中心登记。\n\n\
         盒子首次启动时生成密钥，存放在队列旁的文件 box-key.jwk 中，私钥从不离开盒子。如何用公钥验证消息，见 config/CONTRACT.zh-CN.md。",
    ),
    ("keys box", "config", "配置文件"),
    ("keys box", "json", "只输出公钥，即一行 JWK"),
    ("keys sign", "", "给一条命令签名，并按发布时的样子输出"),
    (
        "keys sign",
        MORE,
        "给一条命令签名，并按发布时的样子输出。\n\n\
         读取一个 JSON 对象，例如\n\
         {\"request_id\":\"r1\",\"area\":\"530127\",\"box\":\"box-7f3a\",\"command\":\"selftest\",\"by\":\"desk 2\",\"iat\":\"2026-03-01T08:00:00Z\",\"exp\":\"2026-03-01T08:05:00Z\"}\n\n\
         输出的内容以 QoS 1、不带保留标志发布到主题 lookout/v1/AREA/BOX/down/cmd/COMMAND；配置发布到 .../down/config，\
         回执发布到 .../down/mark，这两种带保留标志。盒子会因格式或时间而拒绝的命令，会在标准错误中逐条说明，并附上该命令的示例，但照样签名。\
         只写 {\"command\":\"patch\"} 可看到一条完整的 patch。\n\n\
         退出码 0：已签名。2：文件无法读取；密钥不可用；没有这条命令，或其中有该命令所没有的字段；或命令不是各方都能读成一样的 JSON 对象：\
         有重名的键，或有超出 2^53 - 1 的数。",
    ),
    ("keys sign", "key", "私钥，即 `lookout keys make` 写的文件 NAME.jwk"),
    ("keys sign", "allow_unknown", "命令或其字段本版本不认识时也签名：用于版本更新的盒子"),
    ("keys sign", "command", "存放命令的文件；不写或写 `-` 则读标准输入"),
    // ----
    ("secret", "", "把摄像机或 MQTT 服务器的密码写到服务能读取的地方"),
    ("secret set", "", "写入密码或令牌：在终端上会询问，否则从标准输入读一行，`user:password` 或令牌"),
    (
        "secret set",
        AFTER,
        "示例：\n  lookout secret set cam-03\n  openssl rand -hex 24 | lookout secret set webhook",
    ),
    ("secret set", "name", "配置中 `secret` 所写的名称"),
    ("secret set", "dir", "密码目录，不存在时自动创建"),
    // ----
    ("backup", "", "把配置、密码、密钥和可登录页面的人员写入一个加密文件"),
    (
        "backup",
        AFTER,
        "示例：sudo lookout backup box-1.backup.age\n\n\
         口令在终端上询问，否则从标准输入读取。没有 Lookout 时也可用 `age -d` 打开该文件。",
    ),
    ("backup", "file", "要写入的文件；已有的文件不会被覆盖"),
    ("backup", "config", "盒子的配置"),
    ("restore", "", "恢复备份；先检查备份，并列出将被替换的内容"),
    ("restore", AFTER, "示例：sudo lookout restore box-1.backup.age --check"),
    ("restore", "file", "备份文件"),
    ("restore", "config", "其中的配置写到哪里"),
    ("restore", "check", "只检查备份并列出会做什么，不写入任何内容"),
    ("restore", "replace", "替换现有的不同内容"),
    // ----
    ("audit", "", "显示或校验审计日志：谁向本盒子要求过什么"),
    ("audit verify", "", "逐行校验链条；有断裂时指出第一处不符的行，退出码为 1"),
    ("audit verify", "files", "日志文件，从旧到新；默认为配置中那个盒子的日志"),
    ("audit verify", "config", "日志所属盒子的配置"),
    ("audit show", "", "显示日志，每件事一行；时间按配置中站点的时区，没有配置时按本机时区"),
    ("audit show", "files", "日志文件，从旧到新；默认为配置中那个盒子的日志"),
    ("audit show", "config", "日志所属盒子的配置"),
    ("audit show", "json", "原样输出日志中的行"),
    ("audit show", "last", "只显示最后这么多行"),
    // ----
    ("page", "", "查看盒子页面的地址，管理可以打开它的人"),
    ("page", "config", "盒子的配置"),
    ("page enrol", "", "生成登记码，用它设置姓名和密码；一刻钟内有效，只能使用一次"),
    (
        "page enrol",
        "role",
        "权限：viewer（查看全部）、operator（处置预警）或 installer（还可决定盒子的工作内容）",
    ),
    ("page enrol", "name", "为谁设置密码，已有密码的也可以；不写则为新登记的人"),
    ("page enrol", "config", "盒子的配置"),
    ("page open", "", "让站点网络中的手机和电脑能打开页面：写入配置的 `[web] listen`"),
    ("page open", "listen", "页面的地址和端口；默认值表示盒子的所有地址"),
    ("page open", "config", "盒子的配置"),
    ("page close", "", "恢复为仅本机可以打开"),
    ("page close", "config", "盒子的配置"),
    ("page remove", "", "删除某人；已登录的会立即退出"),
    ("page remove", "name", "姓名"),
    ("page remove", "config", "盒子的配置"),
    // ----
    ("models", "", "列出、校验、添加或下载模型"),
    ("models list", "", "列出清单中的模型"),
    ("models list", "json", "以 JSON 行输出"),
    ("models verify", "", "加载每个模型，与其描述核对，并用一幅合成的画面试运行"),
    ("models verify", "names", "只校验这些模型"),
    ("models verify", "json", "以 JSON 行输出"),
    ("models add", "", "测试自己的 ONNX 文件，并把它写进清单"),
    (
        "models add",
        AFTER,
        "示例：\n  \
         lookout models add yolox_s.onnx --head yolox --classes coco --licence Apache-2.0\n  \
         lookout models add street.onnx --head yolov8 --classes-file names.txt --words pedestrian=person,rickshaw=two_wheeler\n  \
         lookout models add faces.onnx --head scrfd --input 640x384 --dry-run\n\n\
         没有写明的，取该类检测头的通常值；写入清单的条目会打印出来，请核对。",
    ),
    ("models add", "file", "ONNX 文件，留在原处不动"),
    ("models add", "head", "检测头，即按什么方式读取输出"),
    ("models add", "classes", "网络各类别的名称，按网络中的顺序，或写 `coco`（只找人脸的检测头默认为 face）"),
    ("models add", "classes_file", "同上，从文件读取，每行一个"),
    (
        "models add",
        "words",
        "类别换用我们的名称，写作 `theirs=ours`；写了则只报告其中的类别（默认：COCO 的名称换成街面用语，其余不变）",
    ),
    ("models add", "name", "配置中使用的模型名（默认：文件名）"),
    ("models add", "licence", "权重的许可证（默认：未说明）"),
    ("models add", "origin", "由谁制作、源自什么（默认：添加自该文件）"),
    ("models add", "input", "输入的尺寸（默认：按文件所写；文件未定时为 640x384）"),
    ("models add", "colour", "颜色通道的顺序"),
    ("models add", "fit", "画面形状不同时如何放入"),
    ("models add", "pad", "填充的值，0..255"),
    ("models add", "mean", "从 0..255 的值中减去的数：一个，或按通道顺序三个"),
    ("models add", "std", "随后除以的数（网络需要 0..1 时为 255）：一个，或按通道顺序三个"),
    ("models add", "strides", "各层每格的像素数（默认：8,16,32）"),
    ("models add", "reg_max", "nanodet 专用：最大距离，以格计（默认：7）"),
    (
        "models add",
        "cell_centre",
        "nanodet 专用：格内参考点的位置，NanoDet-m 为 0.5，NanoDet-plus 为 0（默认：0.5）",
    ),
    ("models add", "anchors", "scrfd 专用：每格的框数（默认：2）"),
    ("models add", "outputs", "输出的名称，按检测头的顺序（默认：由形状判断）"),
    (
        "models add",
        "thresholds",
        "推荐阈值，用我们的类别名，如 `person=0.4,car=0.3`（默认：该检测头的通常值）",
    ),
    ("models add", "nms_iou", "同类的框重叠超过此值即视为同一个（默认：该检测头的通常值）"),
    ("models add", "trial_secs", "打开和试运行文件最长可用的秒数"),
    ("models add", "dry_run", "只打印条目，不写入"),
    (
        "models add",
        "manifest",
        "写入条目的清单或其目录，没有则新建（默认：LOOKOUT_MODELS、models/、程序旁、/usr/share/lookout/models；都没有时在模型旁新建）",
    ),
    (
        "models add",
        "picture",
        "用来试检测的图片，JPEG 或 PNG（默认：内置的一幅，有行人、一辆汽车和一辆电动自行车）",
    ),
    (
        "models add",
        "providers",
        "由什么运行模型，以逗号分隔，取第一个可用的：cpu、openvino、openvino_bf16、cuda、tensorrt、xnnpack、acl",
    ),
    ("models fetch", "", "下载一个 SHA-256 已知的公开模型并添加；不写名称则列出有哪些"),
    ("models fetch", "model", "名录中的模型（默认：列出有哪些）"),
    ("models fetch", "from", "自备的模型名录（文件），格式同 models/public.toml（默认：Lookout 自带的）"),
    ("models fetch", "name", "配置中使用的名称（默认：同名录中的名称）"),
    ("models fetch", "timeout", "下载最长可用的秒数"),
    (
        "models fetch",
        "manifest",
        "写入条目的清单或其目录，没有则新建（默认：LOOKOUT_MODELS、models/、程序旁、/usr/share/lookout/models）",
    ),
    (
        "models fetch",
        "picture",
        "用来试检测的图片，JPEG 或 PNG（默认：内置的一幅，有行人、一辆汽车和一辆电动自行车）",
    ),
    (
        "models fetch",
        "providers",
        "由什么运行模型，以逗号分隔，取第一个可用的：cpu、openvino、openvino_bf16、cuda、tensorrt、xnnpack、acl",
    ),
    // ----
    ("schema", "", "输出公开的 JSON 模式"),
    ("schema", MORE, "输出公开的 JSON 模式，或全部写到一个目录。\n\n不带参数时列出有哪些。"),
    (
        "schema",
        "name",
        "输出哪一个：消息的名称、`asyncapi`、`asyncapi-centre`、`configuration`（供编辑器使用）或 `metrics`（Markdown 表格）",
    ),
    ("schema", "dir", "把公开的全部内容写到该目录"),
    ("schema", "reference", "以 Markdown 输出配置参考"),
    // ----
    #[cfg(feature = "centre")]
    ("centre", "", "接收并存储盒子的消息，存好后发确认标记：指挥中心的接收程序"),
    #[cfg(feature = "centre")]
    ("centre", "config", "配置文件"),
    #[cfg(feature = "centre")]
    ("centre check", "", "报告配置及其所指内容中的全部问题"),
    #[cfg(feature = "centre")]
    ("centre check", "reach", "同时尝试连接数据库和 NATS"),
    #[cfg(feature = "centre")]
    ("centre check", "config", "配置文件"),
    // ---- where several commands have it alike
    (
        EVERY,
        "manifest",
        "模型清单或其目录（默认：LOOKOUT_MODELS、models/、程序旁、/usr/share/lookout/models）",
    ),
    ("demo", "manifest", MANIFEST_OF_CONFIG),
    ("run", "manifest", MANIFEST_OF_CONFIG),
    ("capacity", "manifest", MANIFEST_OF_CONFIG),
    ("replay", "manifest", MANIFEST_OF_CONFIG),
    ("compare", "manifest", MANIFEST_OF_CONFIG),
    (EVERY, "model_files", "模型文件所在的目录，不在清单旁时才需要"),
    (
        EVERY,
        "providers",
        "由什么运行模型，以逗号分隔，取第一个可用的：cpu、openvino、openvino_bf16、cuda、tensorrt、xnnpack、acl",
    ),
    (EVERY, "language", "所用语言：zh-CN（可写 zh）或 en（默认：终端的语言）"),
    (
        "",
        "language",
        "所用语言：zh-CN（可写 zh）或 en（默认：终端的语言；`run` 和 `keys box` 为站点的语言；`tail` 在终端或站点为中文时用中文）",
    ),
    ("run", "language", LANGUAGE_OF_SITE),
    ("keys box", "language", LANGUAGE_OF_SITE),
    ("tail", "language", "所用语言：zh-CN（可写 zh）或 en（默认：终端或站点为中文时用中文）"),
    (EVERY, "help", "显示帮助"),
    (EVERY, "version", "显示版本"),
];

/// In place of a command: any that has no text of its own for the argument.
pub(crate) const EVERY: &str = "(every)";

/// The text of an argument of a command; of the command itself where the argument is nothing.
pub(crate) fn of(command: &str, argument: &str) -> Option<&'static str> {
    let is_it = |(of, id, _): &&(&str, &str, &str)| *of == command && *id == argument;
    ALL_OF_HELP.iter().find(is_it).map(|(.., text)| *text)
}

#[cfg(test)]
mod tests {
    use super::super::tests::fault_in_chinese;
    use super::*;

    #[test]
    fn every_text_is_there_once_and_is_set_as_chinese() {
        for (at, (command, argument, text)) in ALL_OF_HELP.iter().enumerate() {
            let is_first = ALL_OF_HELP[..at].iter().all(|(c, a, _)| (c, a) != (command, argument));
            assert!(is_first, "`{command}`, `{argument}` is there twice");
            assert_eq!(fault_in_chinese(text), None, "`{command}`, `{argument}`");
        }
    }
}
