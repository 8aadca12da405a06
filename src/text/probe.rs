//! What `lookout probe` says of a camera.

sentences! { "probe";
    looking(address, seconds):
        "looking at {address}, at most {seconds} s ...",
        "正在检查 {address}，最多 {seconds} 秒……";
    broke(error):
        "the stream broke while it was watched: {error}",
        "检查过程中视频流中断：{error}";
    cannot_save(path, detail):
        "the picture cannot be saved as {path}: {detail}",
        "画面无法保存为 {path}（原文：{detail}）";

    // ---- arguments
    no_target():
        "this is neither a camera address (rtsp://...) nor an existing file",
        "这既不是摄像机地址（rtsp://...），也不是已有的文件";
    try_address_or_name():
        "write a camera like rtsp://10.0.0.31/stream2, with the path that its manual names; of a file, check name and folder",
        "摄像机写成 rtsp://10.0.0.31/stream2 这样，路径见摄像机手册；文件请检查文件名和所在的目录";
    full_width_signs(signs):
        "the address has full-width characters: {signs}",
        "地址中有全角字符：{signs}";
    try_half_width(signs):
        "set the input method to half-width, and write {signs}",
        "请把输入法切换到半角，改写为 {signs}";
    password_in_address():
        "a password in an address ends up in shell histories and process lists",
        "写在地址里的密码会留在命令历史和进程列表中";
    user_without_password():
        "--user needs a password",
        "--user 需要密码";
    try_secret_file():
        "put it into a file (chmod 600) and use --secret-file, or write it with `lookout secret set NAME` and use --secret NAME",
        "请把密码写入文件（chmod 600）并使用 --secret-file，或用 `lookout secret set NAME` 存好并使用 --secret NAME";
    secret_file_names_none():
        "--secret-file names no file",
        "--secret-file 写的不是文件";
    fingerprint_expected():
        "64 hexadecimal digits, as `lookout probe` and `openssl x509 -fingerprint -sha256` print them",
        "须是 64 位十六进制数字，`lookout probe` 和 `openssl x509 -fingerprint -sha256` 打印的就是这种";
    named_file(option, path):
        "`{option}`: the file {path}",
        "{option} 指定的文件 {path}";

    // ---- the report, a line each
    over(address, transport):
        "{address} over {transport}",
        "{address}，通过 {transport}";
    label_server():
        "server",
        "服务器";
    label_redirected():
        "redirected",
        "转向";
    label_certificate():
        "certificate",
        "证书";
    label_codec():
        "codec",
        "编码";
    label_size():
        "size",
        "分辨率";
    label_frame_rate():
        "frame rate",
        "帧率";
    label_keyframes():
        "keyframes",
        "关键帧";
    label_bitrate():
        "bitrate",
        "码率";
    label_decoder():
        "decoder",
        "解码器";
    label_first_picture():
        "first picture",
        "首帧";
    label_watched():
        "watched",
        "检查时长";
    label_picture():
        "picture",
        "画面";
    server_and_stream(server, stream):
        "{server}, stream \"{stream}\"",
        "{server}，视频流“{stream}”";
    server_unknown(stream):
        "does not say; stream \"{stream}\"",
        "未说明；视频流“{stream}”";
    redirected_to(to):
        "the camera sends us on to {to}",
        "摄像机要求转到 {to}";
    profile(codec, profile):
        "{codec}, profile {profile}",
        "{codec}，档次（profile）{profile}";
    size(width, height):
        "{width} x {height}",
        "{width} x {height}";
    size_oriented(size, orientation):
        "{size}, {orientation}",
        "{size}，{orientation}";
    size_of_pixels(size, pixels):
        "{size}, pixels {pixels}",
        "{size}，像素宽高比 {pixels}";
    size_shown(size, width, height):
        "{size}: shown as {width} x {height}",
        "{size}：显示为 {width} x {height}";
    turned(degrees):
        "turned clockwise by {degrees} degrees",
        "顺时针旋转 {degrees} 度";
    mirrored():
        "mirrored",
        "镜像";
    mirrored_and_turned(degrees):
        "mirrored and turned clockwise by {degrees} degrees",
        "镜像并顺时针旋转 {degrees} 度";
    rate_measured_and_announced(measured, announced):
        "{measured} measured, {announced} announced",
        "实测 {measured}，标称 {announced}";
    rate_measured(measured):
        "{measured} measured, none announced",
        "实测 {measured}，无标称值";
    rate_announced(announced):
        "{announced} announced, too few pictures to measure",
        "标称 {announced}，画面太少，无法测量";
    too_few_pictures():
        "too few pictures to measure",
        "画面太少，无法测量";
    every_picture(seconds):
        "every picture is one ({seconds} s)",
        "每帧都是（{seconds} 秒）";
    keyframe_every(median, shortest, longest):
        "every {median} s (shortest {shortest}, longest {longest})",
        "每 {median} 秒一个（最短 {shortest}，最长 {longest}）";
    no_second_keyframe(seconds):
        "no second one in {seconds} s",
        "{seconds} 秒内没有第二个";
    bitrate(kbit_per_s):
        "{kbit_per_s} kbit/s",
        "{kbit_per_s} kbit/s";
    first_picture_after(seconds):
        "after {seconds} s",
        "{seconds} 秒后出现";
    watched(pictures, seconds):
        "{pictures} pictures in {seconds} s",
        "{seconds} 秒内 {pictures} 帧";
    saved(path):
        "saved to {path}",
        "已保存到 {path}";
    note(what):
        "note: {what}",
        "说明：{what}";
    advice(what):
        "advice: {what}",
        "建议：{what}";

    // ---- what the installer should change
    keyframes_far_apart():
        "keyframes are far apart: set the keyframe (I-frame) interval to 1-2 s, so that a picture comes soon after every reconnect and little has to be decoded when nothing happens",
        "关键帧间隔太长：请把关键帧（I 帧）间隔设为 1 至 2 秒，重连后就能很快出画面，无事时也只需少量解码";
    keyframe_interval_changes():
        "the keyframe interval changes: switch off \"smart codec\" (H.264+, H.265+) if the camera has it",
        "关键帧间隔忽长忽短：如果摄像机有“智能编码”（H.264+、H.265+），请关闭";
    fewer_pictures_than_announced():
        "far fewer pictures come than announced: the network may be overloaded, or the camera slows down in the dark",
        "实际帧数远少于标称值：可能是网络拥塞，或摄像机在暗处自动降帧";
    probably_squeezed(width, height):
        "a picture of {width} x {height} is probably squeezed, and the stream does not say so: if people look too thin or too stout in the saved picture, set `display_aspect` for this camera, such as \"16:9\" or \"4:3\"",
        "{width} x {height} 的画面可能被压缩变形，而视频流没有说明：如果保存的画面里人显得过瘦或过胖，请为该摄像机设置 `display_aspect`，例如 \"16:9\" 或 \"4:3\"";
    main_stream():
        "this is probably the camera's main stream: its second, smaller stream (about 640 x 360) is enough for watching and costs a fifth of the work",
        "这大概是摄像机的主码流：较小的子码流（约 640 x 360）已够用，计算量只有五分之一";
    mjpeg():
        "MJPEG needs many times the bandwidth of H.264: choose H.264 or H.265 if the camera can",
        "MJPEG 的带宽是 H.264 的许多倍：如果摄像机支持，请选 H.264 或 H.265";
}
