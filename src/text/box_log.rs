//! What the daemon's log says. Names, numbers and causes stand beside a sentence as fields.

sentences! { "log";
    // ---- sensors
    sensor_source_ended():
        "a source of sensors ended",
        "一个传感器数据源已结束";
    sensor_threads_late():
        "the sensors' threads did not end in time",
        "传感器线程没有及时结束";
    sensor_thread_panicked():
        "a thread of the sensors ended with a panic",
        "传感器线程因程序异常而结束";
    sensors_not_started():
        "the sensors could not be started",
        "传感器无法启动";
    no_sensor_broker():
        "no connection to the sensors' broker",
        "无法连接传感器的 MQTT 服务器";
    still_no_sensor_broker():
        "still no connection to the sensors' broker",
        "仍无法连接传感器的 MQTT 服务器";
    sensor_topic_forbidden():
        "the broker does not allow to read it",
        "MQTT 服务器不允许读取该主题";
    readings_bad():
        "the sensor's readings are bad",
        "传感器读数异常";
    readings_still_bad():
        "the sensor's readings are still bad",
        "传感器读数仍然异常";
    sensor_silent():
        "the sensor is silent",
        "传感器没有数据";
    sensor_still_silent():
        "the sensor is still silent",
        "传感器仍然没有数据";
    sensor_to_and_fro():
        "the sensor goes to and fro; it is good now",
        "传感器时好时坏，目前正常";
    no_modbus_line():
        "no connection to the Modbus line",
        "无法连接 Modbus 线路";
    still_no_modbus_line():
        "still no connection to the Modbus line",
        "仍无法连接 Modbus 线路";
    modbus_answers_late():
        "answers come late and are waited for; raise `timeout_secs`",
        "应答较慢，已延长等待；请调大 `timeout_secs`";
    webhook_cannot_accept():
        "the sensors' HTTP listener cannot accept",
        "接收传感器 HTTP 上报的监听无法接受连接";
    webhook_still_cannot_accept():
        "the sensors' HTTP listener still cannot accept",
        "接收传感器 HTTP 上报的监听仍无法接受连接";
    webhook_cannot_listen():
        "the sensors' HTTP listener cannot listen",
        "无法监听传感器的 HTTP 上报";
    webhook_still_cannot_listen():
        "the sensors' HTTP listener still cannot listen",
        "仍无法监听传感器的 HTTP 上报";
    sensors_listening():
        "listening to sensors",
        "正在接收传感器数据";
    sensor_speaks():
        "the sensor speaks",
        "传感器数据正常";
    modbus_line_back():
        "the connection to the Modbus line is there again",
        "已重新连接 Modbus 线路";
    modbus_pause_learned():
        "the line answers only so long after connecting, which is waited for; `connect_pause_secs` sets it",
        "线路连接后要过一段时间才应答，已按此等待；可用 `connect_pause_secs` 设定";
    webhook_listens():
        "readings can be posted",
        "可以通过 HTTP 上报读数";

    // ---- cameras
    stream_runs():
        "stream runs",
        "视频流正常";
    stream_changed():
        "stream changed its form",
        "视频流的格式有变化";
    picture_squeezed():
        "the picture seems squeezed: `display_aspect` sets its shape",
        "画面似乎被压扁或拉长：可用 `display_aspect` 设定宽高比";
    about_file(remark):
        "about the file: {remark}",
        "关于录像文件：{remark}";
    sent_on():
        "the camera sends us on",
        "摄像机把请求转到另一地址";
    opened_anew():
        "the stream has something unreadable in it and is opened anew",
        "视频流中有无法读取的内容，正在重新打开";
    by_gstreamer():
        "received by GStreamer from here on, which costs more",
        "此后改由 GStreamer 接收，占用的资源更多";
    plays_from_beginning():
        "the file cannot be entered in the middle and plays from its beginning",
        "文件无法从中间开始播放，改为从头播放";
    next_decoder():
        "decoder does not work, trying the next",
        "解码器无法使用，改用下一个";
    pipeline_left_behind():
        "a pipeline did not close in time and was left behind",
        "取流管道没有及时关闭，已不再等待";
    stream_lost():
        "stream lost",
        "视频流中断";
    stream_still_lost():
        "stream still lost",
        "视频流仍未恢复";
    camera_events_panicked():
        "the receiver of camera events panicked",
        "处理摄像机事件时程序异常";
    broken_packets():
        "sends empty or broken RTP packets, which are left aside",
        "摄像机发来空的或损坏的 RTP 包，已忽略";
    no_thread_for_hung():
        "no thread in the place of one that hangs",
        "有线程无响应，却无法另起线程代替";
    file_not_fed():
        "a file cannot be fed to its viewers",
        "文件无法向观看者播放";
    camera_not_started():
        "the camera could not be started",
        "摄像机无法启动";
    camera_left_behind():
        "the camera's thread was left behind",
        "摄像机线程没有及时结束，已不再等待";

    // ---- the queue
    queue_open():
        "the queue is open",
        "队列已打开";
    consumer_too_far_behind():
        "given up before they were read: the consumer is too far behind",
        "接收方落后太多，部分记录未读就已丢弃";
    high_water_unreadable():
        "the outbox's high-water mark cannot be read and is begun anew",
        "队列的高水位标记无法读取，已重新开始";
    high_water_unwritable():
        "the outbox's high-water mark cannot be written: damage at the end of the queue's log would go unnoticed",
        "队列的高水位标记无法写入：队列日志末尾如有损坏将无法发现";
    records_changed():
        "records were changed on the disk and are given up: is the disk worn out?",
        "磁盘上的记录被改动，已丢弃：磁盘是否已磨损？";
    marks_ahead():
        "the centre has marked numbers never given here, as after a restored backup: a new stream begins",
        "指挥中心的回执超过本机给出过的所有编号，可能是恢复了旧备份：已开始新的流";
    gap_empty():
        "a gap record cannot be built: it is empty",
        "缺号记录无法生成：内容是空的";
    gap_not_built():
        "a gap record cannot be built",
        "缺号记录无法生成";
    reserve_used():
        "the disk is full: using the outbox's reserve",
        "磁盘已满：正在使用队列的预留空间";
    outbox_not_closed():
        "the outbox was not closed in order; nothing is lost by that",
        "队列没有正常关闭；数据不会因此丢失";
    outbox_slow_to_close():
        "the queue on disk did not close in time; nothing is lost, the next start takes a moment longer",
        "磁盘队列没有及时关闭；数据没有丢失，下次启动会稍慢";
    other_box():
        "the outbox belonged to another box name; a new stream begins",
        "队列属于另一个盒子名称；已开始新的流";
    outbox_damaged():
        "the outbox file is damaged: moved aside, a new stream begins",
        "队列文件已损坏：已移到一边，并开始新的流";
    records_carried_over():
        "records carried over from the damaged outbox",
        "已从损坏的队列中转移记录";
    no_record_carried_over():
        "no record could be carried over from the damaged outbox",
        "损坏的队列中没有记录可以转移";
    nothing_carried_over():
        "nothing could be carried over from the damaged outbox",
        "损坏的队列中没有任何内容可以转移";
    log_end_damaged():
        "the end of the outbox's log was damaged: what was stored last is missing",
        "队列日志的末尾已损坏：最后存入的内容缺失";
    last_pictures_missing():
        "the end of the outbox's log was damaged: pictures that were stored last are missing",
        "队列日志的末尾已损坏：最后存入的图片缺失";
    missing_told_later():
        "what is missing is told with the next record",
        "缺失的内容将随下一条记录说明";
    message_too_large():
        "a message is larger than the contract promises",
        "消息超出接口约定的大小";
    dropped_for_room():
        "dropped for lack of room in the outbox",
        "队列空间不足，已丢弃";
    outbox_over_limit():
        "the outbox is over its limits with what must not be dropped: is the command centre reachable?",
        "仅不可丢弃的内容就已超出队列上限：能否连上指挥中心？";
    outbox_limits_unchanged():
        "the limits of the queue could not be changed",
        "队列上限无法更改";
    sent_history_unchanged():
        "how long sent messages are kept could not be changed",
        "已发消息的保留时间无法更改";
    outbox_folder_unusable():
        "the queue's folder cannot be used: alerts that wait will not survive a restart",
        "队列目录无法使用：等待发送的预警在重启后会丢失";

    // ---- messages of the box about itself
    birth_not_written():
        "the birth message could not be written",
        "出生消息无法生成";
    health_not_written():
        "the health report could not be written",
        "运行状况报告无法生成";
    message_not_written():
        "a message could not be written",
        "消息无法生成";
    open_alerts_not_written():
        "the list of open alerts could not be written",
        "未结束预警的清单无法生成";
    clock_set_not_told():
        "that the clock was set is not told",
        "时钟校正记录未能发出";
    unsigned(why, hint):
        "{why}; messages are sent unsigned\n  hint: {hint}",
        "{why}；消息将不签名发送\n  提示：{hint}";
    starts_anew():
        "somebody at the page changed what takes a restart: Lookout starts anew",
        "页面上有人更改了须重启才生效的设置：Lookout 即将重新启动";
    not_started_anew():
        "Lookout could not start anew by itself and ends; start it again",
        "Lookout 无法自行重新启动，现已退出；请重新启动";
    open_door():
        "no `[[command_key]]` is configured: whoever can publish to the broker can acknowledge alerts and make the box forget them; `lookout keys make` makes a key",
        "没有配置 `[[command_key]]`：任何能向 MQTT 服务器发布消息的人都能签收预警，也能让盒子不再保留预警；用 `lookout keys make` 可生成密钥";
    centre_connection_unchanged():
        "the connection to the command centre stays as it was",
        "与指挥中心的连接保持不变";
    no_broker():
        "there is no broker until the configuration or the machine changes",
        "在配置或本机状况改变之前，没有 MQTT 服务器可用";

    // ---- the configuration
    config_not_taken_up(problems):
        "the configuration was not taken up, the last good one goes on:\n{problems}",
        "新配置未生效，继续使用上一份有效配置：\n{problems}";
    config_outcome_unwritten():
        "what became of a configuration could not be written down",
        "配置的处理结果无法写入";
    file_counts_again():
        "the file on the box was edited: it counts again, and not what the command centre sent",
        "盒子上的配置文件已修改：现以它为准，不再使用指挥中心下发的配置";
    secret_not_taken_up(problems):
        "a secret changed and was not taken up, what it held before goes on:\n{problems}",
        "密码文件已更改，但未能采用，继续使用原来的内容：\n{problems}";
    nobody_confirmed():
        "nobody confirmed what the command centre sent: what ran before comes back",
        "指挥中心下发的配置无人确认：恢复原来的配置";
    nobody_confirmed_but_broken():
        "nobody confirmed what the command centre sent, but what ran before was the file, which is broken",
        "指挥中心下发的配置无人确认，但原来用的是配置文件，而该文件有误";
    centre_config_stale(problems):
        "the configuration that the command centre sent does not work any more; the file counts:\n{problems}",
        "指挥中心下发的配置已不可用；现以配置文件为准：\n{problems}";
    stored_config_stale(problems):
        "what the command centre sent before does not work any more:\n{problems}",
        "指挥中心之前下发的配置已不可用：\n{problems}";
    overrides_unreadable():
        "what the command centre asked for cannot be read; the file counts",
        "指挥中心的设置无法读取；现以配置文件为准";
    stored_overrides_unreadable():
        "what the command centre asked for cannot be read",
        "指挥中心的设置无法读取";
    overrides_unwritable():
        "what the command centre asked for cannot be written",
        "指挥中心的设置无法写入";
    file_as_before():
        "the file is again as it was when it was taken up",
        "配置文件已改回生效时的内容";
    config_read_again():
        "reading the configuration again",
        "正在重新读取配置";
    config_taken_up():
        "took up the configuration",
        "配置已生效";
    secrets_renewed():
        "took up secrets that were renewed; the configuration is the same",
        "已采用更新后的密码或证书文件；配置没有变化";
    connecting_anew():
        "the connection to the command centre is made anew",
        "正在重新建立与指挥中心的连接";
    rules_unchanged():
        "the rules were not changed",
        "规则没有更改";
    workers_missing():
        "not all workers could be started",
        "部分分析线程无法启动";

    // ---- what the box remembers
    pictures_not_kept(what):
        "{what}: pictures are not kept there",
        "{what}：图片不会保存在那里";
    furniture_known():
        "what is taken for a person and never moves is remembered",
        "已记住镜头前被误认为人的固定物";
    furniture_unreadable():
        "what never moves before the cameras cannot be read and is learnt anew",
        "镜头前固定物的记录无法读取，将重新学习";
    furniture_unsaved():
        "what never moves is not on disk: after a restart it is learnt anew",
        "固定物的记录没有写入磁盘：重启后将重新学习";
    answers_unreadable(aside):
        "how alerts were answered cannot be read and is counted anew; the old file is kept as {aside}",
        "预警处置统计无法读取，将重新计数；旧文件保留为 {aside}";
    answers_unsaved():
        "how alerts are answered is not on disk: after a restart it is counted anew",
        "预警处置统计没有写入磁盘：重启后将重新计数";
    told_cameras_unsaved():
        "which cameras were told of is not on disk: one that is taken out while the box is off stays at the broker",
        "已上报的摄像机清单没有写入磁盘：盒子关机期间移除的摄像机，其状况会一直留在 MQTT 服务器上";

    // ---- start, stop and life of the process
    starts_again_at_once(what):
        "{what}; it starts again at once",
        "{what}；立即重新启动";
    starts_again_in(what, seconds, folder):
        "{what}; it starts again in {seconds} s, or as soon as something in {folder} changes\n  hint: the end of the log before this line says why; `systemctl stop lookout` ends the waiting",
        "{what}；将在 {seconds} 秒后重新启动，{folder} 中的文件有改动时立即启动\n  提示：原因见本行之前日志的末尾；`systemctl stop lookout` 可结束等待";
    watching():
        "watching",
        "已开始监看";
    stopping():
        "stopping",
        "正在停止";
    stopped():
        "stopped",
        "已停止";
    run_not_noted():
        "that the service runs is not on disk: if it dies soon and often, no time passes in between",
        "服务的运行记录没有写入磁盘：如果服务频繁退出，重新启动之间不会有间隔";
    stage_slow_to_stop():
        "took longer to stop than it may",
        "停止所用时间超出期限";
    analyst_panicked():
        "the analyst ended with a panic",
        "分析线程因程序异常而结束";
    counter_panicked():
        "the one that counts ended with a panic",
        "计数线程因程序异常而结束";
    alert_writer_gone():
        "the alert writer is gone; a revision could not be stored",
        "预警写入线程已结束；一次预警修订未能存储";
    well_again():
        "everything gets on again",
        "各部分已恢复正常";
    not_alive():
        "not alive: systemd is not told that we are, and will start the daemon anew",
        "运行已停滞：不再向 systemd 报告存活，systemd 将重新启动服务";
    systemd_deaf():
        "systemd does not listen",
        "systemd 没有接收通知";
    clock_was_set():
        "the clock was set",
        "时钟已校正";
    core_may_hold_secrets():
        "a crash may write this process's memory, passwords included, into a core file",
        "程序崩溃时，内存内容（包括密码）可能被写入 core 文件";
    descriptors_not_raised():
        "the limit of open files and connections cannot be raised",
        "打开文件和连接数的上限无法提高";
    descriptors_enough():
        "the limit of open files and connections is high enough",
        "打开文件和连接数的上限足够";
    descriptors_low():
        "the limit of open files and connections is low: if many cameras have to be received by GStreamer, some get none",
        "打开文件和连接数的上限偏低：如果许多摄像机须由 GStreamer 接收，部分摄像机将无法取流";
    former_name():
        "the box has another name now: its own broker forgets what it kept under the former one",
        "盒子已改名：自带的 MQTT 代理将清除旧名称下保留的消息";
    name_unsaved():
        "the box's name is not written down: after the next change of it, its own broker keeps what stands under this one",
        "盒子的名称未能记下：下次改名后，自带的 MQTT 代理仍会保留这个名称下的消息";

    // ---- models
    provider_chosen():
        "provider chosen by measurement",
        "已通过测速选定推理后端";
    int8_left_out():
        "its 8-bit version is left out",
        "不使用其 8 位版本";
    no_trial_picture():
        "nothing can be measured without the trial picture; `cpu` runs the model",
        "没有试测图片，无法测量；模型由 `cpu` 运行";
}
