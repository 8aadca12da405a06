//! What can be wrong with a camera's pictures, as titles of alerts, and why no video comes, in a few words.

sentences! { "condition";
    no_video(camera):
        "Camera {camera} gives no video",
        "摄像机 {camera} 无视频";
    frozen(camera):
        "Picture of camera {camera} frozen",
        "摄像机 {camera} 画面冻结";
    dark(camera):
        "Picture of camera {camera} dark",
        "摄像机 {camera} 画面过暗";
    over_exposed(camera):
        "Camera {camera} over-exposed",
        "摄像机 {camera} 画面过曝";
    covered(camera):
        "Camera {camera} covered",
        "摄像机 {camera} 被遮挡";
    moved(camera):
        "Camera {camera} moved or turned",
        "摄像机 {camera} 被移动或转向";
    blurred(camera):
        "Picture of camera {camera} blurred",
        "摄像机 {camera} 画面模糊";
    sprayed(camera):
        "Lens of camera {camera} sprayed or partly covered",
        "摄像机 {camera} 镜头被喷涂或部分遮挡";

    // ---- the condition alone
    word_no_video(): "no video", "无视频";
    word_frozen(): "frozen", "画面冻结";
    word_dark(): "dark", "画面过暗";
    word_over_exposed(): "over-exposed", "画面过曝";
    word_covered(): "covered", "被遮挡";
    word_moved(): "moved or turned", "被移动或转向";
    word_blurred(): "blurred", "画面模糊";
    word_sprayed(): "lens sprayed or partly covered", "镜头被喷涂或部分遮挡";

    // ---- no video: why, and where the camera is to be found
    because(title, cause):
        "{title}: {cause}",
        "{title}：{cause}";
    at_device(title, device):
        "{title} ({device})",
        "{title}（{device}）";

    // ---- why no video comes
    wrong_password():
        "wrong password",
        "密码错误";
    password_needed():
        "it asks for a password and none is given",
        "需要密码但未配置";
    login_elsewhere():
        "it sends us on to another host, which asks for a password",
        "被转到另一台主机，且该主机要求密码";
    unknown_login():
        "its way to log in is not supported",
        "不支持其登录方式";
    forbidden():
        "wrong password, or no right to watch this stream",
        "密码错误或该用户无权查看此视频流";
    no_such_stream():
        "no such stream",
        "没有该视频流";
    unknown_host():
        "unknown host",
        "主机名无法解析";
    connection_refused():
        "connection refused",
        "连接被拒绝";
    unreachable():
        "it cannot be reached",
        "网络不通";
    no_answer():
        "no answer",
        "无应答";
    not_rtsp():
        "what answers there is no camera stream",
        "该地址不提供视频流";
    busy():
        "too many viewers",
        "连接数已满";
    sent_astray():
        "it sends us on to an address that cannot be followed",
        "被转到无法跟随的地址";
    request_refused():
        "it refuses the stream",
        "请求被拒绝";
    certificate():
        "its certificate is not trusted",
        "证书不受信任";
    unsupported_video():
        "its video format is not supported",
        "不支持其视频格式";
    no_video_track():
        "the stream has no video",
        "该流不含视频";
    no_picture():
        "connected, but no picture comes",
        "已连接但没有画面";
    closed():
        "it closed the stream",
        "视频流被摄像机关闭";
    bad_file():
        "the video file cannot be read",
        "视频文件无法读取";
    box_fault():
        "a fault in the box",
        "盒子自身故障";
}
