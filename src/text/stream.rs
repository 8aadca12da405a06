//! What goes wrong inside while a stream or a file is read, decoded or served: most of it nobody but a developer can mend.

sentences! { "stream";
    // ---- the system gives no more
    no_thread(detail):
        "no thread: {detail}",
        "系统没有可用的线程（原文：{detail}）";
    no_thread_to_receive(detail):
        "no thread to receive with: {detail}",
        "系统没有可用于接收的线程（原文：{detail}）";
    no_memory_file(detail):
        "no memory for a file: {detail}",
        "没有内存可存放文件（原文：{detail}）";
    not_stopped(camera, seconds):
        "camera `{camera}` did not stop within {seconds} s and was left behind",
        "摄像机 `{camera}` 在 {seconds} 秒内没有停止，已不再等待";

    // ---- parts of a pipeline
    element_without_input():
        "an element without an input",
        "组件没有输入";
    reader_without_output():
        "a reader without an output",
        "读取组件没有输出";
    pipeline_without_bus():
        "a pipeline without a bus",
        "管道没有消息总线";
    picture_without_caps():
        "a picture without caps",
        "画面没有格式说明（caps）";
    video_without_caps():
        "video without caps",
        "视频没有格式说明（caps）";
    decoder_does_not_start():
        "it does not start",
        "无法启动";
    reader_does_not_start():
        "the reader does not start",
        "读取组件无法启动";
    pipeline_does_not_start():
        "the pipeline does not start",
        "管道无法启动";
    other_source(detail):
        "another source: {detail}",
        "视频源已更换（原文：{detail}）";
    no_connection_to_file():
        "no connection to a file",
        "无法打开文件";

    // ---- what is in it
    changed_beyond_reading():
        "its video turned into something that cannot be read",
        "视频中途变成了无法读取的形式";
    not_one_picture():
        "not one picture in it",
        "其中没有一幅画面";
    codec_with(codec, pixels):
        "{codec} with {pixels}",
        "{codec}（{pixels}）";
    unknown_pixels():
        "pixels in a form that no reader knows",
        "像素格式无法识别";
    pixels_as(format):
        "pixels as {format}",
        "像素格式为 {format}";
    bits_per_sample(bits):
        "{bits} bits per sample",
        "每个样本 {bits} 位";
    raw_of_unknown_form(caps):
        "raw video of unknown form: {caps}",
        "形式未知的原始视频：{caps}";
    buffer_unreadable():
        "the decoder's buffer cannot be read",
        "解码器的缓冲区无法读取";
    rows_upwards():
        "rows stored upwards",
        "像素行自下而上存放";
    plane_too_long(plane):
        "plane {plane} ends behind its buffer",
        "第 {plane} 平面超出缓冲区末尾";

    // ---- why GStreamer receives it, or it is opened anew
    description_unreadable():
        "its description does not read",
        "它的描述（SDP）无法读取";
    description_ambiguous():
        "its description reads in two ways",
        "它的描述（SDP）有歧义";
    sends_codec(codec):
        "it sends {codec}",
        "它的编码是 {codec}";
    stream_address_unreadable():
        "the address of its stream does not read",
        "它的视频流地址无法识别";
    login_again_and_again():
        "it asks for its login again and again",
        "它反复要求登录";
    login_in_another_way():
        "it asks for a login in another way",
        "它要求用另一种方式登录";
    choice_of_logins():
        "it offers a choice of logins",
        "它提供多种登录方式";
    another_answered():
        "it answers another request than was asked",
        "它应答的不是所发的请求";
    out_of_step():
        "what it sends is neither a message nor a packet",
        "它发来的既不是消息也不是数据包";
    endless_message():
        "it sends a message without an end",
        "它发来的消息没有结尾";
    request_refused(status):
        "it refuses a request with {status}",
        "它以 {status} 拒绝了请求";
    error_of_ours():
        "an error in Lookout itself over what it sends",
        "处理它发来的内容时程序异常";
    no_camera():
        "it is no camera",
        "它不是摄像机";
    sends_by_udp():
        "it sends single packets (UDP) although it was asked not to",
        "未要求用 UDP，它却用 UDP 发送";
    closed_two():
        "it closed two streams that ran",
        "它两次关闭了正常的视频流";

    // ---- files that are served
    cannot_serve(why):
        "cannot serve the file: {why}",
        "文件无法提供播放：{why}";
    cannot_listen(port, detail):
        "cannot listen on 127.0.0.1:{port}: {detail}",
        "无法在 127.0.0.1:{port} 上监听（{detail}）";
    try_other_port():
        "another program may use the port; port 0 takes a free one",
        "该端口可能已被其他程序占用；端口 0 表示自动选用空闲端口";
    no_port_bound():
        "no port was bound",
        "没有绑定到端口";
    mixed_login():
        "one server asks for passwords in one way: all mounts Basic, or all Digest",
        "一台服务器只能用一种登录方式：全部用 Basic，或全部用 Digest";
    no_thread_to_serve(detail):
        "the system gives no thread: {detail}",
        "系统没有可用的线程（原文：{detail}）";
    nothing_to_send():
        "nothing in it can be sent",
        "其中没有可发送的内容";
}
