//! What can go wrong between a camera and a frame, and what to try; why an address is none.

sentences! { "camera";
    // ---- whose it is
    of(camera, fault):
        "camera `{camera}`: {fault}",
        "摄像机 `{camera}`：{fault}";

    // ---- what is wrong
    no_gstreamer(detail):
        "GStreamer does not start: {detail}",
        "GStreamer 无法启动（原文：{detail}）";
    unknown_host(host):
        "the host `{host}` is unknown",
        "主机名 `{host}` 无法解析";
    refused(address):
        "{address} refuses the connection",
        "{address} 拒绝连接";
    unreachable(address, detail):
        "{address} cannot be reached: {detail}",
        "{address} 网络不通（{detail}）";
    no_answer(address):
        "{address} accepts the connection but does not answer",
        "{address} 接受了连接，但没有应答";
    certificate(address, why):
        "the certificate of {address} is not believed: {why}",
        "{address} 的证书不受信任：{why}";
    authorities(path, detail):
        "the authorities in `{path}` cannot be read: {detail}",
        "`{path}` 中的 CA 证书无法读取（原文：{detail}）";
    tls_refused(address, detail):
        "no encrypted connection to {address}: {detail}",
        "无法与 {address} 建立加密连接：{detail}";
    encrypted_port(address):
        "{address} takes encrypted connections only",
        "{address} 只接受加密连接";
    redirect(url, why, to):
        "{url} sends us {why}: {to}",
        "{url} 要求转到 {to}，无法跟随：{why}";
    login_elsewhere(to):
        "the camera sends us on to {to}, which asks for a login; the password goes to no other host than the configured one",
        "摄像机要求转到 {to}，该处需要登录；密码只发给配置中的主机，不发给其他主机";
    sent_on(fault, from):
        "{fault} (the camera at {from} sends us there)",
        "{fault}（由 {from} 的摄像机转到该处）";
    not_rtsp(address):
        "what answers at {address} does not speak RTSP",
        "{address} 有应答，但不是 RTSP 服务";
    password_needed(url):
        "{url} asks for a user name and password, and none is given",
        "{url} 需要用户名和密码，但没有配置";
    password_wrong(url, user):
        "{url} refuses the password of user `{user}`",
        "{url} 拒绝了用户 `{user}` 的密码";
    unknown_login(url):
        "{url} takes a password only in a form that Lookout does not know (such as Digest with SHA-256)",
        "{url} 只接受 Lookout 不支持的登录方式（例如使用 SHA-256 的 Digest）";
    forbidden(url):
        "{url} forbids this stream to this user",
        "{url} 不允许该用户查看此视频流";
    not_found(url):
        "the camera answers, but knows no stream {url}",
        "摄像机有应答，但没有视频流 {url}";
    busy(url, status, reason):
        "the camera has no capacity for another viewer of {url} ({status} {reason})",
        "摄像机的连接数已满，无法再取流 {url}（{status} {reason}）";
    rtsp_status(url, status, reason):
        "the camera refuses {url} ({status} {reason})",
        "摄像机拒绝了对 {url} 的请求（{status} {reason}）";
    unsupported_codec(codec):
        "sends video as {codec}, which Lookout does not read",
        "视频编码为 {codec}，Lookout 不支持";
    no_video(found):
        "sends no video, only {found}",
        "没有视频，只有 {found}";
    no_video_described():
        "sends no video, only an empty description",
        "没有视频，流描述（SDP）是空的";
    no_udp():
        "no video packets arrive by UDP",
        "收不到 UDP 视频包";
    stalled(seconds):
        "no picture for {seconds} s",
        "已有 {seconds} 秒没有画面";
    no_picture(seconds):
        "connected, but no first picture within {seconds} s",
        "已连接，但 {seconds} 秒内没有出现第一幅画面";
    no_picture_although_data(seconds):
        "connected, but no first picture within {seconds} s although data arrives",
        "已连接且有数据，但 {seconds} 秒内没有出现第一幅画面";
    closed():
        "the camera closed the stream",
        "摄像机关闭了视频流";
    missing_plugin(element):
        "the GStreamer element `{element}` is missing",
        "缺少 GStreamer 组件 `{element}`";
    decoder(decoder, detail):
        "the decoder {decoder} failed: {detail}",
        "解码器 {decoder} 出错（{detail}）";
    panicked(detail):
        "an error in Lookout itself: {detail}",
        "Lookout 自身出错（原文：{detail}）";
    hung():
        "opening the stream hangs",
        "打开视频流时没有响应";
    broken(detail):
        "the stream broke: {detail}",
        "视频流中断（{detail}）";

    // ---- why it cannot be reached
    silent():
        "it does not answer",
        "没有应答";
    silent_name_server():
        "the name server does not answer",
        "域名服务器没有应答";
    works_now():
        "the connection failed a moment ago, but would work now",
        "刚才连接失败，但现在可以连上";

    // ---- why nothing is encrypted
    handshake_fails():
        "the handshake fails; the camera may know only encryption that is no longer safe",
        "握手失败；摄像机可能只支持已不安全的加密方式";
    speaks_no_tls():
        "what answers does not speak TLS",
        "应答的不是 TLS 服务";
    tls_alert():
        "it refuses the encryption that Lookout offers",
        "对方拒绝 Lookout 提供的加密方式";
    tls_closed():
        "it hangs up when encryption begins",
        "开始加密时对方断开了连接";
    tls_silent():
        "it does not answer when encryption begins",
        "开始加密时对方没有应答";

    // ---- why a certificate is not believed
    certificate_self_signed():
        "it is signed by the camera itself",
        "证书是摄像机自签名的";
    certificate_unknown_authority():
        "no authority that is believed signed it",
        "签发者不是受信任的 CA";
    certificate_expired():
        "it has expired",
        "证书已过期";
    certificate_not_yet_valid():
        "it is not valid yet",
        "证书尚未生效";
    certificate_wrong_name():
        "it is for another name than the address has",
        "证书的名称与地址中的主机不符";
    certificate_unsafe():
        "it was withdrawn or is signed in an unsafe way",
        "证书已被吊销，或签名方式不安全";
    certificate_not_the_pinned():
        "it is another one than the pinned one",
        "与配置中固定的证书不是同一个";

    // ---- why we do not go where we are sent
    redirect_circle():
        "in a circle",
        "地址循环";
    redirect_too_far():
        "on more than five times",
        "转了超过五次";
    redirect_not_encrypted():
        "from an encrypted address to one that is not encrypted",
        "从加密地址转到了未加密的地址";
    redirect_no_address():
        "to something that is no camera address",
        "那不是摄像机地址";
    redirect_password():
        "to another host with the password in the address",
        "转到了另一台主机，而地址中带有密码";

    // ---- what to try
    try_install_gstreamer():
        "install libgstreamer1.0-0 and gstreamer1.0-plugins-base",
        "请安装 libgstreamer1.0-0 和 gstreamer1.0-plugins-base";
    try_spelling():
        "check the spelling, or use the camera's IP address",
        "请检查主机名的拼写，或改用摄像机的 IP 地址";
    try_port():
        "the device is there, but RTSP is off or on another port; cameras use 554, some 8554",
        "设备在线，但 RTSP 未开启或用了别的端口；摄像机一般用 554，有的用 8554";
    try_cable():
        "check power and network cable, the address, and the network mask",
        "请检查电源、网线、地址和子网掩码";
    try_restart():
        "restart the camera; it may be hung, or the port is not its RTSP port; one that needs long to wake up gets more time with `answer_within_secs`, in `lookout probe` with --answer-within",
        "请重启摄像机，它可能已死机，或该端口不是 RTSP 端口；唤醒较慢的摄像机可用 `answer_within_secs` 放宽时间，在 `lookout probe` 中用 --answer-within";
    try_pem():
        "it must be a PEM file that Lookout may read",
        "须是 Lookout 有权读取的 PEM 文件";
    try_tls_port():
        "check the port: cameras use 322 for rtsps, some 443 or 7441; rtsp:// is the address without encryption",
        "请检查端口：rtsps 一般用 322，有的用 443 或 7441；rtsp:// 是不加密的地址";
    try_that_address():
        "if that is the right place, write that address into `url` yourself",
        "如果确实是该处，请自行把该地址写入 `url`";
    try_network_settings():
        "check the address and the camera's network settings",
        "请检查地址和摄像机的网络设置";
    try_login_there():
        "write that address into `url`: then the password goes there",
        "请把该地址写入 `url`，密码就会发到该处";
    try_encrypted():
        "begin the address with rtsps://, or name the port without encryption; cameras use 554",
        "地址请以 rtsps:// 开头，或写出不加密的端口；摄像机一般用 554";
    try_rtsp_port():
        "that is probably the port of its web page; cameras use 554 for RTSP",
        "这大概是网页端口；摄像机的 RTSP 一般用 554";
    try_secret():
        "give the user and a secret file with the password: `lookout secret set NAME` writes it",
        "请配置用户名和存放密码的密码文件：用 `lookout secret set NAME` 写入";
    try_password():
        "check user and password; many cameras lock a user out for half an hour after a few wrong ones",
        "请检查用户名和密码；许多摄像机在输错几次后会锁定该用户半小时";
    try_digest_md5():
        "allow Digest with MD5, or Basic, in the camera's security settings",
        "请在摄像机的安全设置中允许使用 MD5 的 Digest，或 Basic";
    try_right_to_watch():
        "give this user the right to watch in the camera's settings",
        "请在摄像机设置中给该用户预览权限";
    try_path():
        "check the path: it differs from maker to maker, see the camera's manual",
        "请检查路径：各厂商写法不同，见摄像机说明书";
    try_fewer_viewers():
        "close other viewers, or raise the number of connections in the camera",
        "请关闭其他预览，或在摄像机中提高最大连接数";
    try_h264():
        "set the camera to H.264 or H.265, 8 bits",
        "请把摄像机设为 H.264 或 H.265，8 位";
    try_path_of_video():
        "check the path; this one may be the camera's sound",
        "请检查路径；这可能是摄像机的音频";
    try_tcp():
        "a firewall may hold them back; use transport tcp",
        "可能被防火墙拦截；请改用 tcp 传输";
    try_keyframe_interval():
        "the camera may send keyframes too rarely: set the keyframe (I-frame) interval to 1-2 s",
        "摄像机的关键帧可能太少：请把关键帧（I 帧）间隔设为 1 至 2 秒";
    try_restart_if_it_stays():
        "the camera holds the connection but sends nothing; if it stays, restart it",
        "摄像机保持着连接却不发数据；如一直如此，请重启摄像机";
    try_package(package):
        "install the package {package}",
        "请安装软件包 {package}";
    try_report():
        "this is a bug; the camera is tried again. Please report it with the log",
        "这是程序错误；会重新连接该摄像机。请连同日志一起反馈";
    try_software_decoder():
        "if it stays, set `decoder = \"software\"` for this camera",
        "如一直如此，请为该摄像机设置 `decoder = \"software\"`";
    try_udp():
        "if it does so every minute, it wants requests as a sign of life: set `transport = \"udp\"` for this camera",
        "如果每分钟都这样，说明它需要保活请求：请为该摄像机设置 `transport = \"udp\"`";
    try_pin_own(fingerprint):
        "if it is the camera's own (its settings show the fingerprint), pin it: certificate_sha256 = \"{fingerprint}\"",
        "如果确是摄像机自己的证书（摄像机设置中可看到指纹），请固定它：certificate_sha256 = \"{fingerprint}\"";
    try_authority(fingerprint):
        "name the file of its authority: ca_file = \"FILE.pem\"; or, if it is the camera's own, pin it: certificate_sha256 = \"{fingerprint}\"",
        "请写出其 CA 证书文件：ca_file = \"FILE.pem\"；如果是摄像机自己的证书，请固定它：certificate_sha256 = \"{fingerprint}\"";
    try_renew(fingerprint):
        "renew it in the camera, and check the clock of this machine; or pin it: certificate_sha256 = \"{fingerprint}\"",
        "请在摄像机中更新证书，并检查本机时钟；或固定它：certificate_sha256 = \"{fingerprint}\"";
    try_clocks():
        "check the clocks of this machine and of the camera",
        "请检查本机和摄像机的时钟";
    try_name_of_certificate(fingerprint):
        "use the name in the certificate as host in the address; or pin it: certificate_sha256 = \"{fingerprint}\"",
        "地址中的主机请用证书里的名称；或固定它：certificate_sha256 = \"{fingerprint}\"";
    try_new_certificate(fingerprint):
        "make a new one in the camera; or pin it: certificate_sha256 = \"{fingerprint}\"",
        "请在摄像机中重新生成证书；或固定它：certificate_sha256 = \"{fingerprint}\"";
    try_pin_new(fingerprint):
        "if the camera was replaced or made a new one, pin it: certificate_sha256 = \"{fingerprint}\"; if not, somebody else answers in its place",
        "如果摄像机换过或重新生成了证书，请固定新的：certificate_sha256 = \"{fingerprint}\"；否则就是别的设备在冒充它应答";

    // ---- why an address is none
    address_scheme():
        "a camera address starts with rtsp:// or rtsps://",
        "摄像机地址须以 rtsp:// 或 rtsps:// 开头";
    address_host():
        "the camera address names no host",
        "摄像机地址中没有主机";
    address_port():
        "the camera address has a port that is no number from 1 to 65535",
        "摄像机地址中的端口不是 1 至 65535 的数字";
    address_brackets():
        "the camera address has an IPv6 address without brackets",
        "摄像机地址中的 IPv6 地址没有加方括号";
    address_zone():
        "the camera address has an IPv6 address with a zone (`%`), which only this machine understands",
        "摄像机地址中的 IPv6 地址带有区域标识（`%`），只有本机能识别";
    address_credentials():
        "the camera address carries a user name or password",
        "摄像机地址中带有用户名或密码";
    address_two_readings():
        "the camera address can be read in two ways: what stands before its `@` could be host and path, or user and password",
        "摄像机地址有两种读法：`@` 前面可能是主机和路径，也可能是用户名和密码";
    address_no_login():
        "the camera address has a place for the login (`{{user}}` or `{{password}}`), and none is given",
        "摄像机地址中留有登录信息的位置（`{{user}}` 或 `{{password}}`），但没有配置登录信息";
    address_unknown_place(place):
        "the camera address has a place that nothing fills in: `{{{place}}}`",
        "摄像机地址中有不认识的占位符：`{{{place}}}`";
    address_characters():
        "the camera address contains a space or a control character",
        "摄像机地址中有空格或控制字符";
    try_address_like_this():
        "write it like rtsp://10.0.0.31/stream2",
        "写法如 rtsp://10.0.0.31/stream2";
    try_brackets():
        "write it like rtsp://[fd00::31]:554/stream2",
        "写法如 rtsp://[fd00::31]:554/stream2";
    try_without_zone():
        "use the camera's IPv4 address, its name, or an IPv6 address that begins with fd or 2",
        "请用摄像机的 IPv4 地址、主机名，或以 fd 或 2 开头的 IPv6 地址";
    try_without_login():
        "take it out of the address; the user and a secret file are settings of their own",
        "请从地址中去掉；用户名和密码文件另有设置项";
    try_escape():
        "put user and password into a secret file; an `@` in the path is written %40",
        "请把用户名和密码写入密码文件；路径中的 `@` 写作 %40";
    try_login_in_secret():
        "put `user:password` into a secret file and name it",
        "请把 `user:password` 写入密码文件，并写出该文件的名称";
    try_known_place():
        "`{{user}}` and `{{password}}` are filled in from the secret file; a brace of the address itself is written %7B",
        "`{{user}}` 和 `{{password}}` 由程序从密码文件取值填入；地址本身的花括号写作 %7B";
}
