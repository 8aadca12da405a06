//! What people do about alerts and why it is not noted; what happens to alerts and their pictures on the way to the disk.

sentences! { "alert";
    // ---- why nothing can be done about one
    unknown(alert):
        "no alert `{alert}` is known here",
        "这里没有预警 `{alert}`";
    try_active(days, most):
        "open alerts are listed in the retained message `up/active`; alerts that ended are known for {days} days, at most the last {most}",
        "未结束的预警列在保留消息 `up/active` 中；已结束的预警保留 {days} 天，最多为最近结束的 {most} 条";
    ended(alert):
        "alert `{alert}` has ended, so nothing can be added to it",
        "预警 `{alert}` 已经结束，不能再补充内容";
    try_verdict_or_close():
        "a verdict can be given and the alert be closed all the same (`verdict`, `close`)",
        "仍可给出核实结果或办结（`verdict`、`close`）";

    // ---- why something is not noted
    before(what, by):
        "{what} before, by {by}",
        "先前已登记：{what}（登记人 {by}）";
    was_there(who):
        "{who} was there",
        "{who} 已到场";
    was_given_it(who):
        "{who} was given it",
        "已派给 {who}";
    verdict_was(verdict):
        "the verdict was `{verdict}`",
        "已核实为 `{verdict}`";
    closed_as(outcome):
        "the alert was closed as `{outcome}`",
        "已办结为 `{outcome}`";
    is_closed(by):
        "the alert was closed by {by}, so it cannot be assigned any more",
        "该预警已由 {by} 办结，不能再派单";
    try_verdict():
        "a verdict can still be given",
        "仍可给出核实结果";
    no_such_cause(cause, kind):
        "the cause `{cause}` is none for an alert of the kind `{kind}`",
        "`{kind}` 类预警没有 `{cause}` 这个原因";
    no_such_outcome(outcome, kind):
        "the outcome `{outcome}` is none for an alert of the kind `{kind}`",
        "`{kind}` 类预警没有 `{outcome}` 这个办结结果";
    verdict_has_no_cause(verdict):
        "a verdict `{verdict}` has no cause; write what there is to say into `note`",
        "核实结果 `{verdict}` 不写原因；要说明的请写入 `note`";
    causes_of_verdict(verdict, causes):
        "a verdict `{verdict}` may have one of: {causes}",
        "核实结果 `{verdict}` 的原因可以是：{causes}";
    one_of(words):
        "one of: {words}",
        "可以是：{words}";

    // ---- a test
    nothing_happened(by):
        "nothing happened; {by} wants to see whether alerts arrive",
        "没有任何事件发生；{by} 正在检验预警能否送达";

    // ---- the thread that writes them
    stored():
        "alert stored",
        "预警已存储";
    stored_again():
        "alerts can be stored again",
        "预警恢复存储";
    writer_panicked():
        "the alert writer ended with a panic",
        "预警写入线程异常退出（程序错误）";
    stopped_unstored():
        "stopped with revisions that could not be stored",
        "停止时仍有预警修订未能存储";
    not_told():
        "an alert cannot be told",
        "一条预警无法发出";
    not_stored():
        "alerts cannot be stored; they are kept in memory and tried again every second",
        "预警无法存储；暂存在内存中，每秒重试";
    unknown_after_restart():
        "after a restart this alert will be unknown",
        "重启后将不再知道这条预警";
    lost():
        "lost: no disk and no memory left",
        "已丢失：磁盘和内存都已用尽";
    counts_lost():
        "the counts of a minute are lost",
        "一分钟的计数已丢失";

    // ---- their pictures
    close_up_too_late():
        "the alert was over before the picture of the large stream came",
        "主码流的图片到达之前，预警已结束";
    no_picture():
        "no picture",
        "没有图片";
    picture_not_stored():
        "the picture could not be stored",
        "图片未能存储";
    picture_lost():
        "a picture is lost: no disk and no memory left",
        "丢失了一张图片：磁盘和内存都已用尽";
    close_up_not_stored():
        "the picture of the large stream could not be stored",
        "主码流的图片未能存储";
    no_close_up():
        "no picture of the large stream",
        "没有主码流的图片";
    no_close_up_for_many():
        "no picture of the large stream: too many alerts begin at once",
        "没有主码流的图片：同时开始的预警太多";
    too_many_at_once():
        "too many alerts began at once",
        "同时开始的预警太多";
    close_up_panicked():
        "a close-up panicked (our bug, please report it)",
        "取主码流图片时异常退出（程序错误，请反馈）";
    close_ups_panicked():
        "the thread of close-ups ended with a panic",
        "取主码流图片的线程异常退出（程序错误）";

    // ---- what the box keeps
    originals_kept():
        "originals are kept, sealed to the centre's key",
        "原图会保留，并用指挥中心的密钥加密";
    originals_not_kept():
        "no originals are kept",
        "不保留原图";
    original_not_kept():
        "the original was not kept",
        "原图未能保留";
    picture_not_kept():
        "the picture was not kept on the box; it is sent all the same",
        "图片未能保留在盒子上；仍会发出";
    old_pictures_stay():
        "old pictures could not be deleted",
        "旧图片未能删除";
    folder(folder, error):
        "[evidence] {folder}: {error}",
        "[evidence] 目录 {folder} 无法使用（原文：{error}）";

    // ---- after a restart
    open_taken_up():
        "took up the alerts that were open before the restart",
        "已接续重启前未结束的预警";
    open_unknown():
        "the alerts that were open before the restart are unknown",
        "不知道重启前有哪些未结束的预警";
    open_unread():
        "an open alert could not be read back",
        "一条未结束的预警无法读回";
    ended_unknown():
        "the alerts that ended before the restart are unknown",
        "不知道重启前有哪些已结束的预警";
    ended_unread():
        "an alert that had ended could not be read back",
        "一条已结束的预警无法读回";
}
