//! Cameras that are found and asked by ONVIF: what is wrong, what to try, and what `lookout discover` says.

sentences! { "onvif";
    // ---- what is wrong
    no_network(detail):
        "no network can be asked for cameras: {detail}",
        "无法在任何网络上搜索摄像机（原文：{detail}）";
    no_address(given):
        "`{given}` is no address of a camera",
        "`{given}` 不是摄像机地址";
    no_answer(address):
        "{address} accepts the connection but does not answer in time",
        "{address} 接受了连接，但没有及时应答";
    not_encrypted(address, detail):
        "no encrypted connection to {address}: {detail}",
        "无法与 {address} 建立加密连接（原文：{detail}）";
    not_onvif(address, status):
        "what answers at {address} does not speak ONVIF (HTTP {status})",
        "{address} 有应答，但不是 ONVIF 服务（HTTP {status}）";
    sent_elsewhere(address, to):
        "the camera at {address} sends us on to another host, {to}; the password goes to no other host than the one that was asked",
        "{address} 的摄像机要求转到另一台主机 {to}；密码只发给所查询的主机，不发给其他主机";
    too_large(address):
        "{address} answers with more than any camera has to say",
        "{address} 的应答过长，不像是摄像机";
    misread(address, why):
        "the answer of {address} cannot be read: {why}",
        "{address} 的应答无法读取：{why}";
    password_needed(address):
        "the camera at {address} asks for a user name and password",
        "{address} 的摄像机需要用户名和密码";
    password_wrong(address, user):
        "the camera at {address} refuses the password of user `{user}`",
        "{address} 的摄像机拒绝了用户 `{user}` 的密码";
    locked_out(address, user):
        "the camera at {address} has locked user `{user}` out after wrong passwords",
        "{address} 的摄像机因多次输错密码锁定了用户 `{user}`";
    forbidden(address, user):
        "the camera at {address} takes the password of user `{user}`, but does not allow that user to do this",
        "{address} 的摄像机接受用户 `{user}` 的密码，但该用户没有此权限";
    forbidden_to_all(address):
        "the camera at {address} does not allow this",
        "{address} 的摄像机不允许此操作";
    failed(address, status):
        "the camera at {address} fails (HTTP {status})",
        "{address} 的摄像机出错（HTTP {status}）";
    unsupported(address, what):
        "the camera at {address} cannot do this by ONVIF: {what}",
        "{address} 的摄像机不支持通过 ONVIF {what}";
    fault(address, code):
        "the camera at {address} refuses ({code})",
        "{address} 的摄像机拒绝了请求（{code}）";
    fault_in_words(address, code, reason):
        "the camera at {address} refuses ({code}): {reason}",
        "{address} 的摄像机拒绝了请求（{code}，原文：{reason}）";
    no_streams(address):
        "the camera at {address} names no stream that can be opened",
        "{address} 的摄像机没有给出可打开的视频流";

    // ---- what it cannot do
    listing_streams():
        "list its streams",
        "列出视频流";
    setting_keyframes():
        "set the keyframe interval of this stream",
        "设置该视频流的关键帧间隔";

    // ---- why an answer is not read
    no_text():
        "it is empty",
        "内容为空";
    broken_xml():
        "it is no XML, or broken",
        "不是 XML，或 XML 不完整";
    entities():
        "it declares entities, as only attacks do",
        "其中声明了实体，只有攻击才会这样";
    too_deep():
        "it is nested too deep",
        "嵌套过深";
    too_many():
        "it has too many parts",
        "元素过多";
    // ---- what to try
    try_network():
        "check the network cable and the address of this machine",
        "请检查本机的网线和 IP 地址";
    try_address_like_this():
        "an address looks like 10.0.0.31, 10.0.0.31:8080 or http://10.0.0.31/onvif/device_service",
        "地址的写法如 10.0.0.31、10.0.0.31:8080 或 http://10.0.0.31/onvif/device_service";
    try_port():
        "switch ONVIF on in the camera's settings, and check its port: cameras use 80, some 8000, 8080, 8899 or 2020",
        "请在摄像机设置中启用 ONVIF，并检查端口：一般用 80，有的用 8000、8080、8899 或 2020";
    try_restart():
        "try again in a minute; if it stays, restart the camera",
        "请过一分钟重试；如一直如此，请重启摄像机";
    try_unencrypted():
        "check the port, or begin the address with http:// where the camera allows it",
        "请检查端口；如摄像机允许，地址可以 http:// 开头";
    try_switching_onvif_on():
        "switch ONVIF on in the camera's settings (often under network, integration or advanced), or write the port of ONVIF behind the address",
        "请在摄像机设置中启用 ONVIF（多在网络、集成或高级设置中），或在地址后写出 ONVIF 的端口";
    try_that_host():
        "if that is the right place, ask there; else correct the camera's network settings",
        "如果确实是该处，请直接查询那台主机；否则请改正摄像机的网络设置";
    try_by_hand():
        "take the stream's address from the camera's manual, and look at it with `lookout probe`",
        "请从摄像机说明书中查出视频流地址，用 `lookout probe` 检查";
    try_login():
        "give the user and the password: --user USER asks for it, --secret NAME takes it from a secret file",
        "请给出用户名和密码：--user USER 会询问密码，--secret NAME 从密码文件读取";
    try_onvif_user():
        "check user and password; many cameras have users of their own for ONVIF, which must be added in their settings; do not try often, many lock a user out for half an hour",
        "请检查用户名和密码；许多摄像机的 ONVIF 用户是单独的，须在其设置中添加；不要反复尝试，许多摄像机会锁定用户半小时";
    try_later():
        "wait half an hour, or restart the camera; then use the right password",
        "请等待半小时，或重启摄像机，然后使用正确的密码";
    try_rights():
        "give this user the rights of an operator or administrator in the camera's ONVIF users",
        "请在摄像机的 ONVIF 用户中给该用户操作员或管理员权限";
    try_in_the_camera():
        "do it in the camera's own settings",
        "请在摄像机自己的设置中操作";
    try_known_path():
        "try the usual addresses of its maker with `lookout probe`",
        "请用 `lookout probe` 试试该厂商常用的地址";

    // ---- `lookout discover`
    looking(seconds):
        "looking for cameras on the local networks, {seconds} s ...",
        "正在本地网络中搜索摄像机，{seconds} 秒……";
    asking(address):
        "asking the camera at {address} ...",
        "正在查询 {address} 的摄像机……";
    found_none():
        "no camera answers",
        "没有摄像机应答";
    try_to_be_found():
        "cameras are found in the same network only, and where ONVIF and its discovery are switched on; ask one directly with `lookout discover ADDRESS --user USER`",
        "只能找到同一网络中的摄像机，且须启用 ONVIF 及其搜索功能；可用 `lookout discover ADDRESS --user USER` 直接查询某一台";
    column_address():
        "address",
        "地址";
    column_name():
        "name",
        "名称";
    column_model():
        "model",
        "型号";
    column_service():
        "ONVIF service",
        "ONVIF 服务";
    unnamed():
        "-",
        "—";
    ask_one(address):
        "its streams: lookout discover {address} --user USER",
        "查看视频流：lookout discover {address} --user USER";
    label_maker():
        "maker",
        "厂商";
    label_model():
        "model",
        "型号";
    label_firmware():
        "firmware",
        "固件";
    label_serial():
        "serial number",
        "序列号";
    clock_ahead(minutes):
        "note: the camera's clock is {minutes} min ahead of this machine's",
        "注意：摄像机时钟比本机快 {minutes} 分钟";
    clock_behind(minutes):
        "note: the camera's clock is {minutes} min behind this machine's",
        "注意：摄像机时钟比本机慢 {minutes} 分钟";
    column_stream():
        "stream",
        "视频流";
    column_codec():
        "codec",
        "编码";
    column_size():
        "size",
        "分辨率";
    column_rate():
        "frame rate",
        "帧率";
    column_bitrate():
        "bitrate",
        "码率";
    column_keyframes():
        "keyframe every",
        "关键帧间隔";
    column_use():
        "Lookout would use it",
        "Lookout 的用途";
    size(width, height):
        "{width} x {height}",
        "{width} x {height}";
    bitrate(kbps):
        "{kbps} kbit/s",
        "{kbps} kbit/s";
    keyframe_pictures(pictures):
        "{pictures} pictures",
        "{pictures} 帧";
    keyframe_seconds(pictures, seconds):
        "{pictures} pictures ({seconds} s)",
        "{pictures} 帧（{seconds} 秒）";
    to_watch():
        "to watch (url)",
        "分析（url）";
    for_evidence():
        "for evidence (url_main)",
        "取证（url_main）";
    keyframes_far_apart(stream, seconds, frames):
        "advice: stream \"{stream}\" sends a keyframe every {seconds} s; 1-2 s find things faster: --keyframes {frames} sets it",
        "建议：视频流“{stream}”每 {seconds} 秒才有一个关键帧；1 至 2 秒检测更及时：可用 --keyframes {frames} 设置";
    keyframes_set(stream, frames):
        "the camera now sends a keyframe every {frames} pictures in stream \"{stream}\"",
        "摄像机的视频流“{stream}”现在每 {frames} 帧一个关键帧";
    keyframes_otherwise(stream, asked, got):
        "asked for a keyframe every {asked} pictures in stream \"{stream}\", the camera made it {got}",
        "请求视频流“{stream}”每 {asked} 帧一个关键帧，摄像机实际设为 {got}";
    to_write():
        "for the configuration (then `lookout check`):",
        "写入配置（之后执行 `lookout check`）：";
    comment_eye():
        "sky, village or household: who owns it",
        "sky、village 或 household：由谁所有";
    comment_grid():
        "where it stands",
        "所在网格";
    comment_secret(name):
        "written by `lookout secret set {name}`",
        "用 `lookout secret set {name}` 写入";
    user_without_terminal():
        "--user asks for the password, and there is no terminal to ask on",
        "--user 需要询问密码，但没有终端";
    no_runtime(detail):
        "the system does not let Lookout use the network: {detail}",
        "系统不允许 Lookout 使用网络（原文：{detail}）";
}
