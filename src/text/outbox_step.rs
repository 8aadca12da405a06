//! What the queue on disk was doing when something failed.

sentences! { "outbox_step";
    open():
        "open",
        "打开";
    configure():
        "configure",
        "设置";
    check():
        "check",
        "检查";
    close():
        "close",
        "关闭";
    read_format():
        "read its format",
        "读取格式";
    switch_on_log():
        "switch on the log",
        "启用日志";
    update_tables():
        "bring its tables up to date",
        "升级数据表";
    make_tables():
        "make its tables",
        "建立数据表";
    read_row():
        "read the queue's row",
        "读取队列状态";
    write_row():
        "write the queue's row",
        "写入队列状态";
    find_last_record():
        "find the last record",
        "查找最后一条记录";
    find_last_number():
        "find the last number",
        "查找最后一个编号";
    count_records():
        "count the records",
        "统计记录";
    read_untold():
        "read what is still to be told",
        "读取尚未说明的缺号";
    tell_missing():
        "tell what is missing",
        "说明缺号";
    read_marks():
        "read the marks",
        "读取回执";
    note_mark():
        "note the centre's mark",
        "记录指挥中心的回执";
    read_consumers():
        "read the consumers",
        "读取接收方";
    register_consumer():
        "register a consumer",
        "登记接收方";
    forget_consumer():
        "forget a consumer",
        "移除接收方";
    note_consumer():
        "note what a consumer has",
        "记录接收方的进度";
    read_for_consumer():
        "read for a consumer",
        "为接收方读取记录";
    read_arrived():
        "read what had arrived",
        "读取已送达的记录";
    note_arrived():
        "note what arrived",
        "记录已送达的消息";
    forget_arrivals():
        "forget when records arrived",
        "清除送达时间";
    forget_sent():
        "forget what was sent long ago",
        "清除早已发出的消息";
    write_log():
        "write the log into the file",
        "把日志写入文件";
    store_record():
        "store a record",
        "存入记录";
    store_picture():
        "store a picture",
        "存入图片";
    read_next():
        "read the next records",
        "读取后续记录";
    give_up_changed():
        "give up changed records",
        "丢弃被改动的记录";
    find_urgent():
        "look for urgent records",
        "查找紧急记录";
    find_asked_for():
        "look for what is asked for again",
        "查找要求补发的内容";
    find_picture():
        "look for a picture",
        "查找图片";
    read_open_alerts():
        "read the open alerts",
        "读取未结束的预警";
    read_ended_alerts():
        "read the alerts that ended",
        "读取已结束的预警";
    carry_over():
        "carry over",
        "转移记录";
    move_aside():
        "move it aside",
        "移到一边";
}
