//! What is said of the audit log.

sentences! { "audit";
    torn(bytes):
        "{bytes} bytes of a line that was never finished were cut off",
        "截去了一行未写完的内容，共 {bytes} 字节";

    // ---- a line that does not fit
    does_not_fit(file, line, what):
        "{file}:{line}: {what}",
        "{file} 第 {line} 行：{what}";
    no_end():
        "the line has no end: it was torn, or something was cut off",
        "该行没有结尾：未写完，或被截掉了一部分";
    no_line(error):
        "it is no line of an audit log: {error}",
        "这不是审计日志的内容（原文：{error}）";
    not_the_first():
        "it claims to be the first line, and is not",
        "该行自称是首行，其实不是";
    lines_missing(number, before):
        "it has number {number}, after number {before}: lines are missing",
        "编号是 {number}，前一行是 {before}：中间缺行";
    changed_before(number):
        "line number {number} before it was changed after it was written",
        "它前面编号为 {number} 的一行在写入后被改动";
    end_missing(first, last):
        "lines number {first} to {last} were written and are gone",
        "编号 {first} 至 {last} 的行写入后丢失";
    last_changed(number):
        "line number {number}, the last one, was changed after it was written",
        "最后一行（编号 {number}）在写入后被改动";
    is_damaged(what):
        "the audit log is damaged and goes on: {what}",
        "审计日志已损坏，将继续记录：{what}";
    try_comparing():
        "everything before that line is as it was written; compare what follows with a copy",
        "该行之前的内容都是原样；之后的请与副本比对";
    whole(lines, first, sha256):
        "whole: {lines} from number {first} on; the last one's SHA-256 is {sha256}",
        "完整：从编号 {first} 起共 {lines}；最后一行的 SHA-256 是 {sha256}";

    // ---- the log and its lines
    log(path):
        "the log {path}",
        "日志 {path}";
    none_in(folder):
        "there is no audit log in {folder}",
        "{folder} 里没有审计日志";
    try_naming():
        "has the daemon run here? name the file, or the configuration with --config",
        "请确认本机运行过守护程序；也可以写出日志文件，或用 --config 指定配置";
    not_a_line():
        "(no line of an audit log)",
        "（不是审计日志的内容）";
    one_line():
        "1 line",
        "1 行";
    lines(count):
        "{count} lines",
        "{count} 行";
    once():
        "once",
        "1 次";
    times(count):
        "{count} times",
        "{count} 次";
    by(who):
        "by {who}",
        "由 {who}";
    with_key(key):
        "key {key}",
        "密钥 {key}";
    because(reason):
        "because: {reason}",
        "原因：{reason}";

    // ---- what happened, and what became of it
    accepted():
        "accepted",
        "已受理";
    refused():
        "refused",
        "已拒绝";
    refused_many():
        "refused_many",
        "拒绝多条";
    finished():
        "finished",
        "已处理";
    marks():
        "marks",
        "回执";
    config():
        "config",
        "配置";
    secrets():
        "secrets",
        "密码";
    started():
        "started",
        "启动";
    was_torn():
        "torn",
        "内容残缺";
    damaged():
        "damaged",
        "日志损坏";
    done():
        "done",
        "完成";
    already():
        "already",
        "此前已是如此";
    failed():
        "failed",
        "失败";
    applied():
        "applied",
        "已生效";
    rejected():
        "rejected",
        "未采用";
    renewed():
        "renewed",
        "已更新";
}
