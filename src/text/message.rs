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
    coverage():
        "How long each rule of one camera could have raised an alert in an hour, and what kept it from it.",
        "一路摄像机的各条规则在一小时内有多长时间能够报警，其余时间是什么原因。";
    quality():
        "How many alerts of each rule and camera were true, and how soon people had them and closed them.",
        "各规则、各摄像机的预警有多少属实，多久有人受理、多久办结。";
    shadow():
        "What a second configuration that judges beside the one that runs would have told. Never an alert.",
        "与运行中的配置并行判断的影子配置会发出的内容。绝不是预警。";
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
