//! What each message between a box and its command centre says, in a sentence.

sentences! { "message";
    // ---- why one could not be written
    too_large(what, bytes, most):
        "a message `{what}` of {bytes} bytes does not fit into {most} bytes",
        "`{what}` 消息有 {bytes} 字节，超过 {most} 字节的上限";
    no_json(what, why):
        "a message `{what}` cannot be written as JSON: {why}",
        "`{what}` 消息无法写成 JSON（原文：{why}）";

    // ---- from the box
    alert():
        "One revision of one alert; each is complete.",
        "一条预警的一次修订；每次修订都是完整的。";
    gap():
        "Numbers that will never arrive, and why.",
        "不会再到达的编号及其原因。";
    time_fix():
        "The clock of the box was set; what that means for times told before.",
        "盒子的时钟被校正，及其对先前所报时间的影响。";
    active():
        "The alerts that are open now.",
        "目前未结束的预警。";
    state():
        "Whether the box is there; the broker publishes `offline` by itself (the will).",
        "盒子是否在线；`offline` 由 MQTT 服务器自行发布（遗嘱）。";
    meta():
        "What the box is and watches for: software, cameras, zones, sensors, rules, signals, models.",
        "盒子的软硬件和监看内容：软件、摄像机、区域、传感器、规则、信号、模型。";
    meta_part():
        "What did not fit into `up/meta`, if anything.",
        "`up/meta` 中放不下的内容，如果有。";
    health():
        "How the box does: counts of cameras and sensors, queue, drops.",
        "盒子的状况：摄像机和传感器的数量、队列、丢弃情况。";
    camera():
        "How one camera does.",
        "单路摄像机的状况。";
    sensor():
        "How one sensor does.",
        "一个传感器的状况。";
    config():
        "Which configuration runs, or why one was refused.",
        "正在运行哪份配置，或某份配置被拒绝的原因。";
    count():
        "How many entered, left and were there, of one camera and minute.",
        "一路摄像机一分钟内进入、离开和在场的数量。";
    quality():
        "How many alerts of each rule and camera were true, and how soon people had them and closed them.",
        "各规则、各摄像机的预警有多少属实，多久有人受理、多久办结。";
    reply():
        "The answer to a command.",
        "对命令的答复。";
    signature():
        "The box's signature of the message that follows, over MQTT 3.1.1.",
        "使用 MQTT 3.1.1 时，盒子对下一条消息的签名。";
    evidence():
        "A redacted picture, after its alert and with the lowest priority.",
        "一张已脱敏的图片，在预警之后以最低优先级发送。";
    evidence_title():
        "A redacted picture.",
        "一张已脱敏的图片。";
    about_evidence(kib):
        "A JPEG of at most {kib} KiB, faces and heads pixelated, masks painted over. The alert's `evidence` tells its size and SHA-256.",
        "一张不超过 {kib} KiB 的 JPEG，人脸和头部已打码，遮罩处已涂盖。其大小和 SHA-256 见预警的 `evidence`。";
    sealed():
        "A sealed original that `original` asked for, with the lowest priority.",
        "`original` 所要的加封原图，以最低优先级发送。";
    sealed_title():
        "A sealed original.",
        "一张加封原图。";
    about_sealed(kib):
        "An age file (age-encryption.org/v1) of at most {kib} KiB; in it a JPEG as the camera gave it, masks painted over. Only the key that `[evidence] originals_for` names opens it. The reply to `original` tells its size and SHA-256.",
        "一个不超过 {kib} KiB 的 age 文件（age-encryption.org/v1），内含摄像机的原始 JPEG，遮罩处已涂盖。只有 `[evidence] originals_for` 指定的密钥才能打开。其大小和 SHA-256 见对 `original` 的答复。";

    // ---- to the box
    mark():
        "The centre's durable receipt: everything up to `n` is stored there.",
        "中心的回执：编号到 `n` 为止的都已存妥";
    ack():
        "Somebody takes an alert on.",
        "签收一条预警；先到先得，第二个得到 `already`";
    assign():
        "An alert is given to somebody, or somebody is there because of it.",
        "派单给某人，或说明某人已到场（`on_site`）";
    verdict():
        "Somebody says what an alert turned out to be, also after its end.",
        "给出核实结果：属实、误报、重复或演练；预警结束后也可以";
    close():
        "An alert is settled, also after its end.",
        "办结一条预警；预警结束后也可以";
    set():
        "Changes a few values; signed.",
        "在安全范围内调整阈值、`analysis_fps`，启用或停用规则";
    mute():
        "Marks alerts as muted for a while; signed.",
        "把一类、一条规则或一路摄像机的预警标为静音，至多一天；红色预警从不静音";
    confirm():
        "Keeps what runs on trial; signed, with the role `admin` where that is a whole configuration.",
        "确认试运行的内容，使其保留；试运行的是整份配置时须为 `admin`";
    revert():
        "Ends what is on trial: what ran before comes back at once.",
        "结束试运行，立即恢复原来的内容";
    test_alert():
        "Tells an alert that goes the whole way and tells of nothing.",
        "发送一条走完全程的测试预警，不代表任何事件";
    selftest():
        "Asks how the box does; signed.",
        "询问盒子的状况，回答在 `up/reply` 上";
    snapshot():
        "Asks for a redacted picture; signed.",
        "要一张已脱敏的摄像机画面";
    original():
        "Asks for the sealed original of an alert's picture; signed.",
        "要一条预警某张图片的加封原图，每小时至多十二张";
    resend():
        "Publishes again what was missed, by numbers or a picture, as far as the box still has it.",
        "按编号补发遗漏的消息，或补发一张图片；已不在盒子里的说明原因";
    get():
        "Asks for the configuration, the audit log or the birth messages, in parts with a digest; signed.",
        "索取正在运行的配置、审计日志或出生消息，分片答复并附摘要；每小时至多三十次";
    part():
        "A part of a configuration that does not fit into one message; signed.",
        "上传整份配置的一个分片；配置超过一条消息时使用";
    patch():
        "Changes entries of the configuration by their ids, versioned like a whole one; signed.",
        "按编号修改、增加或删除配置中的条目，带版本号，与整份配置同样检查";
    wanted():
        "The wanted configuration, whole and versioned; signed.",
        "下发整份配置，带版本号";

    // ---- the list of commands
    contract_anchor():
        "commanding-a-box",
        "向盒子下命令";
    commands_head(file, link):
        "# Commands\n\nMade by `lookout schema` from the list of commands; how they are signed, sent and answered stands in [{file}]({link}).\n\n| command | topic | role | `reason` | if sent twice | |\n|---|---|---|---|---|---|",
        "# 命令\n\n由 `lookout schema` 根据命令表生成；签名、发送与回复方式见[{file}]({link})。\n\n| 命令 | 主题 | 角色 | `reason` | 重复收到 | |\n|---|---|---|---|---|---|";
    required():
        "required",
        "必填";
    once():
        "carried out once",
        "只执行一次";
    looked_at_again():
        "looked at again",
        "重新处理";
    by_version():
        "older versions are ignored",
        "较旧的版本不起作用";
    older_marks():
        "older marks are ignored",
        "较早的回执不起作用";
    no_reason_required():
        "No command requires it.",
        "没有命令要求填写。";
    reason_required_by_one(command):
        "{command} requires it.",
        "{command} 须填写。";
    reason_required_by(commands):
        "{commands} require it.",
        "{commands} 须填写。";
    about_reason(which):
        "Why, in words, for the audit log. {which}",
        "原因，用文字写明，记入审计日志。{which}";
}
