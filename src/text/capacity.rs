//! How many cameras a machine holds: what `lookout capacity` shows while it measures, what it finds out, and what would
//! make it hold more.

sentences! { "capacity";
    // ---- what it needs
    no_camera():
        "the configuration has no camera, so there is nothing to measure",
        "配置中没有摄像机，没有可测的";
    try_clip():
        "sensors cost next to nothing; to measure with a recording, leave out --config and name it with --clip",
        "传感器几乎不占资源；要用录像来测，请不写 --config，用 --clip 指定录像";
    nothing_to_watch():
        "nothing to watch",
        "没有可观察的摄像机";
    try_config_or_clip():
        "name the site's configuration with --config, or a clip with --clip",
        "请用 --config 指定站点的配置，或用 --clip 指定一段视频";
    clip_server_not_started(error):
        "the clip's server did not start: {error}",
        "播放视频的服务器未能启动（原文：{error}）";
    clip_not_played():
        "the clip cannot be played",
        "这段视频无法播放";

    // ---- while it measures
    begins(cores, seconds):
        "cores: {cores}; each number of cameras is watched for {seconds} s",
        "{cores} 核；每种路数观察 {seconds} 秒";
    column_cameras():
        "cameras",
        "路数";
    column_cores():
        "cores",
        "用核";
    column_decoding():
        "decoding",
        "解码";
    column_looking():
        "looking",
        "检测";
    column_server():
        "server",
        "服务器";
    column_late():
        "late",
        "迟到";
    forecast_so_far(cameras):
        "forecast: {cameras}",
        "预计：{cameras} 路";
    not_all_give_pictures(why):
        "not every camera gives pictures: {why}",
        "并非每路摄像机都有画面：{why}";
    no_picture():
        "no picture came",
        "没有画面";
    too_many(why):
        "too many: {why}",
        "带不动：{why}";
    watched_once_more(why):
        "watched once more: {why}",
        "再观察一次：{why}";
    while_disturbed(why, cores):
        "{why} (meanwhile the host took {cores} cores away from this machine)",
        "{why}（其间宿主机占走了本机 {cores} 个核）";
    stream_lost():
        "a stream was lost",
        "有视频流中断";
    decoders_behind():
        "the decoders are behind",
        "解码跟不上";
    frames_pushed_out():
        "frames were pushed out before anybody looked at them",
        "有的帧未经检测就被后面的帧顶掉了";
    frames_late():
        "frames waited for longer than half a second",
        "有的帧等候检测超过了半秒";

    // ---- what was found out
    none_holds():
        "not even one camera holds",
        "连一路摄像机都带不动";
    try_less():
        "is something else running? a smaller stream, `analysis_fps`, or a smaller model help",
        "是否有其他程序在运行？可改用更小的码流、调低 `analysis_fps` 或换用更小的模型";
    one_camera():
        "1 camera like these",
        "1 路这样的摄像机";
    cameras(count):
        "{count} cameras like these",
        "{count} 路这样的摄像机";
    too_many_for_this(cameras):
        "this machine does not hold {cameras}",
        "本机带不动 {cameras}";
    holds(cameras, many):
        "this machine holds {cameras} ({many} are too many)",
        "本机能带 {cameras}（{many} 路带不动）";
    holds_at_least(cameras):
        "this machine holds {cameras} (more were not tried)",
        "本机能带 {cameras}（没有试过更多路）";
    label_forecast():
        "forecast",
        "预计";
    label_a_camera():
        "a camera",
        "每路";
    label_cameras():
        "cameras",
        "摄像机";
    label_bottleneck():
        "bottleneck",
        "瓶颈";
    label_to_change():
        "to change",
        "可改进";
    forecast(cameras, made_with):
        "{cameras}, by what {made_with} of them cost",
        "{cameras} 路，按其中 {made_with} 路的耗用推算";
    cost(all, receiving, decoding, looking):
        "{all} ms of processor time per second: receiving {receiving}, decoding {decoding}, looking {looking}",
        "每秒用处理器 {all} 毫秒：接收 {receiving}，解码 {decoding}，检测 {looking}";
    decoded_in_full(forced, in_burst):
        "{forced} decoded in full because they must be, {in_burst} because something is in view",
        "{forced} 路因只能如此而全部解码，{in_burst} 路因画面中有目标而全部解码";
    decoding():
        "decoding",
        "解码";
    looking():
        "looking",
        "检测";
    receiving():
        "receiving",
        "接收";
    nothing_measured():
        "nothing was measured",
        "没有测得结果";

    // ---- what would make it hold more
    keyframes_far_apart(forced, cameras):
        "{forced} of {cameras} cameras must be decoded in full because their keyframes are too far apart: set the keyframe interval to 1 to 2 s",
        "{cameras} 路中有 {forced} 路因关键帧间隔太长只能全部解码：请把关键帧间隔设为 1 至 2 秒";
    smaller_streams():
        "take the cameras' small streams (640x360 rather than 1080p)",
        "请用摄像机的子码流（640x360，而不是 1080p）";
    fewer_fast_rules():
        "many cameras have something in view that fast rules (line, wrong way, scuffle, fall) must follow: keep those rules to the cameras that need them",
        "许多摄像机的画面中都有快速规则（越线、逆行、推搡、倒地）须跟踪的目标：这些规则请只用在有需要的摄像机上";
    lighter_detection():
        "a smaller or int8 model (`lookout models list`), another provider, or fewer `analysis_fps`",
        "请换用更小的或 int8 的模型（`lookout models list`）、换用别的推理后端，或调低 `analysis_fps`";
    lower_rates():
        "lower bit rates and frame rates at the cameras",
        "请在摄像机上调低码率和帧率";
    measure_undisturbed():
        "the host of this virtual machine takes processor time away from it: measure again when it does not",
        "宿主机占用了这台虚拟机的处理器时间：请在不受影响时重新测量";
    look_elsewhere():
        "the processor is not the limit here: look at the network and at the cameras",
        "瓶颈不在处理器：请检查网络和摄像机";
}
