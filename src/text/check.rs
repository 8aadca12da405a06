//! What `lookout check` says of a configuration beside its problems: whose rights counted, what the service cannot reach,
//! what a good one makes the box do, and where the values of a camera come from.

sentences! { "check";
    // ---- whose rights count
    judged_as(user):
        "judged as the user {user}",
        "按用户 {user} 的权限检查";
    judged_as_you(service):
        "judged as you; `sudo lookout check` judges as the service's user {service}",
        "按当前用户的权限检查；`sudo lookout check` 按服务账号 {service} 的权限检查";
    only_root(user):
        "`--as {user}`: only root can look with another user's rights",
        "`--as {user}`：只有 root 能按其他用户的权限检查";
    try_sudo(user):
        "sudo lookout check --as {user}, or leave --as out to check with your own rights",
        "sudo lookout check --as {user}，或去掉 --as，按自己的权限检查";
    no_rights(user, detail):
        "the rights of the user `{user}` cannot be taken on, so nothing was checked: {detail}",
        "无法取得用户 `{user}` 的权限，未作检查（原文：{detail}）";
    try_runuser(user):
        "in a container without the capabilities SETUID and SETGID, run the check as that user itself: runuser -u {user} -- lookout check",
        "在没有 SETUID 和 SETGID 能力的容器中，请直接以该用户运行：runuser -u {user} -- lookout check";
    no_such_user(user):
        "`--as {user}`: this machine has no user of that name, so nothing was checked",
        "`--as {user}`：本机没有这个用户，未作检查";
    try_service_user(user):
        "the service runs as `{user}`: lookout check --as {user}",
        "服务以 `{user}` 运行：lookout check --as {user}";
    try_getent():
        "`getent passwd` lists the users of this machine; the package makes the user `lookout`",
        "`getent passwd` 列出本机的用户；安装包会创建用户 `lookout`";

    // ---- what the service cannot reach
    hidden(path, setting):
        "the service does not see {path}: its unit has {setting}=yes",
        "服务看不到 {path}：其 systemd 单元设置了 {setting}=yes";
    try_etc():
        "put it below /etc/lookout",
        "请把它放到 /etc/lookout 下";
    behind(folder, user, paths):
        "behind {folder} more is closed to `{user}`: {paths}",
        "{folder} 之下还有 `{user}` 无权访问的：{paths}";
    closed_folder(folder):
        "the folder {folder} around it is closed to that user: chmod o+x {folder}, or name a folder elsewhere",
        "该用户无权进入上层目录 {folder}：chmod o+x {folder}，或换一个目录";
    peoples_folder(folder):
        "the service does not belong into people's own folders: dir = \"{folder}\"",
        "服务的文件不应放在个人目录中：dir = \"{folder}\"";
    unwritable(path):
        "{path} cannot be written by the service",
        "服务无权写 {path}";
    try_read_write_paths(path):
        "the unit lets it write below /var/lib/lookout only: `systemctl edit lookout` with the lines `[Service]` and `ReadWritePaths={path}`",
        "systemd 单元只允许服务写 /var/lib/lookout 下的文件：请用 `systemctl edit lookout` 加入 `[Service]` 和 `ReadWritePaths={path}` 两行";
    unwritable_by(path, user):
        "{path} cannot be written by `{user}`",
        "`{user}` 无权写 {path}";
    the_runner():
        "the user that runs Lookout",
        "运行 Lookout 的用户";
    file_in_the_way(path, file):
        "{path} cannot be a folder: {file} is a file",
        "{path} 不能是目录：{file} 是文件";
    try_another_folder():
        "name another folder, or move that file away",
        "请换一个目录，或把该文件移走";
    try_models():
        "`lookout models list` and `lookout models verify` say more",
        "`lookout models list` 和 `lookout models verify` 提供更多信息";

    // ---- what came of it
    errors(count):
        "{count} errors",
        "共 {count} 个错误";
    one_error():
        "1 error",
        "共 1 个错误";
    no_error(file):
        "{file}: no error",
        "{file}：没有错误";
    no_error_judged(file, judged):
        "{file}: no error, {judged}",
        "{file}：没有错误，{judged}";

    // ---- what a good one makes the box do
    label_box():
        "box",
        "盒子";
    label_alerts():
        "alerts",
        "预警";
    label_queue():
        "queue",
        "队列";
    label_evidence():
        "evidence",
        "取证图片";
    label_model():
        "model",
        "模型";
    label_models():
        "models",
        "模型";
    label_faces():
        "faces",
        "人脸";
    label_cameras():
        "cameras",
        "摄像机";
    label_sensors():
        "sensors",
        "传感器";
    label_rules():
        "rules",
        "规则";
    label_signals():
        "signals",
        "信号";
    box_in(id, area, zone, language, mode):
        "{id} in {area}, {zone}, titles in {language}, mode {mode}",
        "{id}，位于 {area}，时区 {zone}，标题语言 {language}，模式 {mode}";
    alerts_to(broker, topics):
        "{broker}, topics {topics}",
        "{broker}，主题 {topics}";
    kept(folder, days):
        "{folder}, kept {days} days",
        "{folder}，保存 {days} 天";
    kept_one_day(folder):
        "{folder}, kept 1 day",
        "{folder}，保存 1 天";
    none():
        "none",
        "无";
    measured():
        "what a measurement chooses",
        "由实测选定";
    else_on(first, next):
        "{first}, else {next}",
        "{first}，否则 {next}";
    model_on(model, providers):
        "{model} on {providers}",
        "{model}，运行于 {providers}";
    no_models():
        "none, as there is no camera",
        "无，因为没有摄像机";
    names_unchecked(why):
        "names of models and classes were not checked: {why}",
        "未检查模型和类别的名称：{why}";
    no_face_model():
        "no model of their own (face_model = \"none\")",
        "不用专门的模型（face_model = \"none\"）";
    face_model(name):
        "{name}, in pictures that leave the box",
        "{name}，用于发出的图片";
    weaker(what, why):
        "{what}: {why}",
        "{what}：{why}";

    // ---- the broker
    embedded_on(port):
        "an embedded broker on 127.0.0.1:{port}",
        "内置 MQTT 服务器，127.0.0.1:{port}";
    embedded_anywhere():
        "an embedded broker on 127.0.0.1, any free port",
        "内置 MQTT 服务器，127.0.0.1，任一空闲端口";
    without_its_program(broker):
        "{broker}; its program `mosquitto` is not installed here: `sudo apt install mosquitto`",
        "{broker}；本机没有安装它的程序 `mosquitto`：`sudo apt install mosquitto`";
    or_else(first, next):
        "{first}, or else {next}",
        "{first}，连不上则用 {next}";
    remote(address, version, lock, login):
        "{address} ({version}, {lock}, {login})",
        "{address}（{version}，{lock}，{login}）";
    encrypted():
        "encrypted",
        "加密";
    not_encrypted():
        "not encrypted",
        "未加密";
    with_login():
        "with a login",
        "需登录";
    without_login():
        "without a login",
        "不登录";

    // ---- cameras, sensors, rules, signals
    looks(source, rate):
        "{source}, {rate} looks a second",
        "{source}，每秒分析 {rate} 次";
    one_look(source):
        "{source}, 1 look a second",
        "{source}，每秒分析 1 次";
    turned(degrees):
        "turned clockwise by {degrees} degrees",
        "顺时针转 {degrees} 度";
    shown_as(aspect):
        "shown as {aspect}",
        "按 {aspect} 显示";
    larger_from(url):
        "one more picture of an alert from {url}",
        "预警时另从 {url} 取一张图";
    one_zone():
        "1 zone",
        "1 个区域";
    zones(count):
        "{count} zones",
        "{count} 个区域";
    one_line():
        "1 line",
        "1 条线";
    lines(count):
        "{count} lines",
        "{count} 条线";
    one_mask():
        "1 mask",
        "1 个遮罩";
    masks(count):
        "{count} masks",
        "{count} 个遮罩";
    measures(quantity, unit, source):
        "{quantity} ({unit}) {source}",
        "{quantity}（{unit}）{source}";
    raises(signal, level, cameras):
        "{signal} ({level}) on {cameras}",
        "{signal}（{level}），监看 {cameras}";
    hints(signal, cameras):
        "{signal}, a hint, on {cameras}",
        "{signal}（仅作线索），监看 {cameras}";
    one_source():
        "from 1 source in 1 grid cell",
        "1 个来源，位于 1 个网格";
    sources_in_one_grid(count):
        "from {count} sources in 1 grid cell",
        "{count} 个来源，位于 1 个网格";
    sources(count, grids):
        "from {count} sources in {grids} grid cells",
        "{count} 个来源，分布于 {grids} 个网格";

    // ---- a camera, value by value
    camera_of(camera, file):
        "{camera} of {file}",
        "{file} 中的{camera}";
    own(line):
        "line {line}, its own",
        "第 {line} 行，自身";
    of_type(line, id):
        "line {line}, type `{id}`",
        "第 {line} 行，类型 `{id}`";
    of_defaults(line):
        "line {line}, defaults",
        "第 {line} 行，默认值";
    built_in():
        "built in",
        "程序默认";
    not_set(names):
        "not set: {names}",
        "未设置：{names}";
    unreadable(names):
        "left out, because it is wrong: {names}",
        "有误，未列出：{names}";
    told_of_line(line):
        "not all may be as it is meant: see the error in line {line}",
        "未必与本意相符：见第 {line} 行的错误";
    told_of_lines(lines):
        "not all may be as it is meant: see the errors in the lines {lines}",
        "未必与本意相符：见第 {lines} 行的错误";
    no_rule():
        "no rule watches it",
        "没有规则监看它";
    rules():
        "rules that watch it",
        "监看它的规则";
    named_in_line(line, by):
        "line {line}, {by}",
        "第 {line} 行，{by}";
}
