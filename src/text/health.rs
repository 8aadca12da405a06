//! What is not as it should be with the box, why, and what follows; what would let a camera be decoded as it is needed.

sentences! { "health";
    // ---- the connection to the command centre
    broker_refused_message(detail):
        "the broker refused a message: {detail}",
        "MQTT 服务器拒绝了一条消息：{detail}";
    unsigned(why):
        "messages are not signed: {why}",
        "消息未签名：{why}";
    not_subscribed(detail):
        "not subscribed: {detail}",
        "未能订阅：{detail}";

    // ---- the queue and its disk
    spool_fails(error, revisions):
        "{error}; {revisions} revisions wait in memory",
        "{error}；有 {revisions} 次预警修订暂存在内存中";
    spool_over_limit():
        "what must not be dropped passes the limits of [outbox] by itself",
        "仅不可丢弃的内容就已超出 [outbox] 的上限";
    spool_is_elsewhere(error, dir):
        "{error}; alerts wait in {dir} and do not survive a restart",
        "{error}；预警暂存在 {dir}，重启后会丢失";
    revisions_lost(revisions):
        "{revisions} revisions are lost: there was no disk and no memory left",
        "磁盘和内存都已用尽，丢失了 {revisions} 次预警修订";
    revisions_not_told(revisions):
        "{revisions} revisions were not told: no message could be made of them, see the log",
        "有 {revisions} 次预警修订未能发出：无法生成消息，详见日志";
    disk_short(free_mib, least_mib):
        "{free_mib} MiB are free where the queue is, and [outbox] min_free_mib leaves {least_mib} to others: pictures and the least urgent alerts are dropped first",
        "队列所在磁盘只剩 {free_mib} MiB，而 [outbox] min_free_mib 要求给其他程序留 {least_mib} MiB：会先丢弃图片和最不紧急的预警";

    // ---- the box itself
    detector_sees_nothing(frames):
        "{frames} frames could not be looked at, none could",
        "已有 {frames} 帧无法检测，没有一帧检测成功";
    clock_never_set(at):
        "the clock was never set: it says {at}",
        "时钟从未校准：现在显示 {at}";
    ended_once(seconds):
        "Lookout ended by itself within {seconds} s of its last start",
        "Lookout 上次启动后 {seconds} 秒内自行退出";
    ended_again(times, minutes, seconds):
        "Lookout ended by itself {times} times in a row, each time less than {minutes} minutes after it had started, the last time within {seconds} s",
        "Lookout 已连续 {times} 次自行退出，每次启动后都不到 {minutes} 分钟，最近一次在 {seconds} 秒内";
    see_its_log(what):
        "{what}; its log says why",
        "{what}；原因见其日志";
    file_is_not_what_runs_for(problem):
        "the configuration file is not what runs: {problem}",
        "运行中的不是配置文件的内容：{problem}";
    file_is_not_what_runs(problems, which):
        "the configuration file is not what runs, for {problems} problems: {which}",
        "运行中的不是配置文件的内容，有 {problems} 个问题：{which}";
    secret_not_taken_up(detail):
        "a secret changed and was not taken up: {detail}",
        "密码文件已更改，但未能采用：{detail}";
    cannot_be_read():
        "it cannot be read",
        "无法读取";

    // ---- all of a kind
    cameras_in_trouble(count):
        "{count} cameras are in trouble; each says on its own topic what it is",
        "有 {count} 路摄像机异常；各自的主题上有具体原因";
    sensors_in_trouble(count):
        "{count} sensors are in trouble; each says on its own topic what it is",
        "有 {count} 个传感器异常；各自的主题上有具体原因";

    // ---- what would let a camera be decoded as it is needed
    overloaded():
        "this box has no time to see it as often as its rules need: lower `analysis_fps`, give it fewer cameras, or see with `lookout capacity` what it holds",
        "本机来不及按规则所需的频率分析该摄像机：请调低 `analysis_fps`，减少摄像机，或用 `lookout capacity` 查看本机能带多少路";
    keyframes_far_apart(seconds):
        "its keyframes are up to {seconds} s apart, so all of it is decoded: set the camera's keyframe interval (I-frame interval, GOP) to 1 to 2 s, and turn smart coding off",
        "其关键帧间隔长达 {seconds} 秒，只能全部解码：请把摄像机的关键帧间隔（I 帧间隔、GOP）设为 1 至 2 秒，并关闭智能编码";
    no_keyframes():
        "it sends no keyframes (intra refresh), so all of it is decoded: set the camera's keyframe interval (I-frame interval, GOP) to 1 to 2 s",
        "它不发送关键帧（帧内刷新），只能全部解码：请把摄像机的关键帧间隔（I 帧间隔、GOP）设为 1 至 2 秒";
    keyframes_too_large():
        "too many bytes lie between its keyframes, so all of it is decoded: take the camera's small stream, or set the camera's keyframe interval (I-frame interval, GOP) to 1 to 2 s",
        "关键帧之间的数据太多，只能全部解码：请改用摄像机的子码流，或把关键帧间隔（I 帧间隔、GOP）设为 1 至 2 秒";
    keyframes_not_alone():
        "its keyframes give no picture on their own, so all of it is decoded: choose another codec or profile at the camera",
        "其关键帧无法单独解出画面，只能全部解码：请在摄像机中换一种编码或编码档次（profile）";
}
