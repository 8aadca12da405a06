//! What a box says of commands: what is wrong with one, why it is refused, what became of it.

sentences! { "command";
    // ---- what came
    not_json(error):
        "it is not JSON: {error}",
        "内容不是 JSON（原文：{error}）";
    no_object():
        "it is not a JSON object",
        "内容不是 JSON 对象";
    name_twice(name, line, column):
        "the name `{name}` stands twice in one object at line {line} column {column}",
        "同一对象里 `{name}` 出现了两次（第 {line} 行第 {column} 列）";
    number_too_large(number, largest, line, column):
        "the number {number} is beyond {largest}, where many readers round at line {line} column {column}",
        "数字 {number} 超出 {largest}，许多程序读取时会失去精度（第 {line} 行第 {column} 列）";
    missing(field):
        "`{field}` is missing",
        "缺少 `{field}`";
    no_text(field):
        "`{field}` must be text",
        "`{field}` 须是文本";
    empty(field):
        "`{field}` is empty",
        "`{field}` 是空的";
    too_long(field, most):
        "`{field}` is longer than {most} characters",
        "`{field}` 超过 {most} 个字符";
    control_characters(field):
        "`{field}` contains control characters",
        "`{field}` 含有控制字符";
    hidden_characters(field):
        "`{field}` contains characters that are not seen, or that turn the direction of writing",
        "`{field}` 含有看不见的字符，或改变书写方向的字符";
    no_whole_number(field, least):
        "`{field}` must be a whole number, {least} or more",
        "`{field}` 须是不小于 {least} 的整数";
    no_such_word(field, words):
        "`{field}` must be one of: {words}",
        "`{field}` 须是以下之一：{words}";
    no_digest(field):
        "`{field}` must be 64 hexadecimal digits",
        "`{field}` 须是 64 位十六进制数字";
    no_time(field):
        "`{field}` must be a time: \"2026-01-01T08:00:00Z\", or seconds since 1970",
        "`{field}` 须是时间：`\"2026-01-01T08:00:00Z\"`，或 1970 年以来的秒数";
    wrong_value(field, detail):
        "`{field}`: {detail}",
        "`{field}` 的值不对（原文：{detail}）";
    unknown_field(field):
        "there is no field `{field}`",
        "没有 `{field}` 这个字段";
    unknown_field_meant(field, known):
        "there is no field `{field}`: did you mean `{known}`?",
        "没有 `{field}` 这个字段，是否想写 `{known}`？";

    // ---- for whom, and when
    unaddressed(field):
        "a signed command must name its `{field}`",
        "签名的命令必须写明 `{field}`";
    unaddressed_here(field, wanted):
        "a signed command must name its `{field}`: \"{wanted}\"",
        "签名的命令必须写明 `{field}`，应为“{wanted}”";
    misdirected(field, wanted):
        "its `{field}` is not \"{wanted}\"",
        "它的 `{field}` 不是“{wanted}”";
    without_time(field):
        "a signed command needs `{field}`",
        "签名的命令必须有 `{field}`";
    expires_before_issued():
        "`exp` is before `iat`",
        "`exp` 早于 `iat`";
    good_for_too_long():
        "from `iat` to `exp` it may be at most a day",
        "从 `iat` 到 `exp` 最多一天";
    clock_not_set():
        "the box's clock is not set: it takes commands only with a `counter` that rises",
        "本机时钟未校准：只接受 `counter` 递增的命令";
    issued_later(issued, now):
        "it was issued at {issued}, which is yet to come; the box's clock says {now}",
        "签发时间 {issued} 还没有到；本机时间是 {now}";
    expired(expires, now):
        "it expired at {expires}; the box's clock says {now}",
        "已于 {expires} 过期；本机时间是 {now}";
    issued_later_here(issued, now):
        "it was issued at {issued}, which is yet to come; this computer's clock says {now}",
        "签发时间 {issued} 还没有到；这台电脑的时间是 {now}";
    expired_here(expires, now):
        "it expired at {expires}; this computer's clock says {now}",
        "已于 {expires} 过期；这台电脑的时间是 {now}";
    no_command(name):
        "`{name}` is no command of this box",
        "本机没有 `{name}` 这条命令";
    unknown(name):
        "this box knows no command `{name}`; up/meta lists those it knows",
        "本机没有 `{name}` 这条命令；up/meta 列出了所有命令";
    retained():
        "a retained command is never carried out; publish it without the retain flag, and clear it by an empty retained message",
        "保留的命令（retain）一律不执行；请不带保留标志重新发布，并用一条空的保留消息将其清除";
    no_reason(command):
        "`{command}` needs a `reason`",
        "`{command}` 必须写明 `reason`";

    // ---- who
    role_too_low(key, role, command, needed):
        "the key `{key}` has the role `{role}`; `{command}` takes `{needed}`",
        "密钥 `{key}` 的角色是 `{role}`；`{command}` 需要 `{needed}`";
    signature_needed(command):
        "`{command}` is taken only with a signature, and this box's configuration names no key: add a `[[command_key]]`",
        "`{command}` 必须签名，而本机的配置里没有密钥：请添加 `[[command_key]]`";
    no_key_to_check():
        "it is signed, but this box's configuration names no key to check it with",
        "命令已签名，但本机的配置里没有可用来核对的密钥";
    unsigned():
        "it is not signed: a signed message is a JWS in compact form (header.payload.signature)",
        "没有签名：签名的消息是紧凑格式的 JWS（`header.payload.signature`）";
    no_jws(why):
        "it is no JWS in compact form: {why}",
        "不是紧凑格式的 JWS：{why}";
    jws_no_text():
        "it is no text",
        "内容不是文本";
    jws_part_missing():
        "a part is missing",
        "缺少一段";
    jws_no_base64(part):
        "its {part} is not base64url without padding",
        "{part}不是无填充的 base64url";
    jws_header():
        "header",
        "头部";
    jws_payload():
        "payload",
        "载荷";
    jws_signature():
        "signature",
        "签名";
    jws_header_no_json():
        "its header is not JSON",
        "头部不是 JSON";
    jws_algorithm():
        "`alg` in its header must be EdDSA or Ed25519",
        "头部的 `alg` 须是 EdDSA 或 Ed25519";
    jws_extensions():
        "its header asks for extensions (`crit`)",
        "头部要求使用扩展（`crit`）";
    jws_no_kid():
        "`kid` in its header must name a key",
        "头部的 `kid` 须写明密钥名";
    unknown_key(key):
        "this box knows no key `{key}`",
        "本机没有名为 `{key}` 的密钥";
    bad_signature(key):
        "the signature is not that of the key `{key}`",
        "签名与密钥 `{key}` 不符";

    // ---- too many, too late, once more
    too_many_at_once():
        "too many commands at once; try again",
        "同时到达的命令太多，请重试";
    too_many_of_key():
        "too many commands of one key; try again later, those that follow are counted and not answered one by one",
        "同一密钥的命令太多，请稍后重试；后面的只计数，不逐条答复";
    too_many_remembered():
        "too many commands are remembered; try again when some have expired",
        "记录的命令太多，请等部分过期后重试";
    left_out(count, whose, from, until):
        "{count} more commands {whose} came too fast from {from} until {until}; they were not carried out and not answered: send them again, more slowly",
        "{from} 至 {until} 另有 {count} 条{whose}命令来得太快，没有执行，也没有答复：请放慢速度重新发送";
    of_unsigned():
        "without a signature",
        "没有签名的";
    answered_before():
        "this request was answered before; nothing was done again",
        "该请求先前已答复，没有重复执行";
    counter_too_low(highest):
        "the box's clock is not set, and `counter` is not above {highest}, the highest of this key so far",
        "本机时钟未校准，而 `counter` 没有超过该密钥至今最大的 {highest}";
    not_written_down(error):
        "it could not be written down: {error}",
        "无法写入磁盘（原文：{error}）";
    command_not_written_down(error):
        "the box could not write it down: {error}",
        "本机无法记录该命令（原文：{error}）";

    // ---- alerts
    taken_by(who, since):
        "{who} took this alert on at {since}",
        "{who} 已于 {since} 签收该预警";
    by_at(who, when):
        "by {who} at {when}",
        "{who}，{when}";

    // ---- what is not there, and what is the most
    no_camera(id):
        "there is no camera `{id}`",
        "没有摄像机 `{id}`";
    no_rule(id):
        "there is no rule `{id}`",
        "没有规则 `{id}`";
    no_class(class):
        "the models do not find the class `{class}`",
        "模型不检测类别 `{class}`";

    // ---- what runs
    trial_seconds(seconds, least, most):
        "`revert_after_secs` is {seconds}; it may be {least} to {most}",
        "`revert_after_secs` 是 {seconds}；范围是 {least} 至 {most}";
    on_trial():
        "something is on trial: confirm it, or wait until what ran before is back",
        "有内容正在试运行：请确认，或等待恢复原来的内容";
    other_config_runs(running):
        "`expect_config` is not what runs: that is {running}; look at it before you change it",
        "`expect_config` 与正在运行的不符：正在运行的是 {running}；请先查看再更改";
    runs_now(sha256):
        "{sha256} runs now",
        "现在运行的是 {sha256}";
    problem_at(line, column, what):
        "line {line}, column {column}: {what}",
        "第 {line} 行第 {column} 列：{what}";
    more_problems(first, count):
        "{first}; {count} more problems are on up/config",
        "{first}；另有 {count} 个问题列在 up/config 上";
    other_to_confirm(running):
        "that is not what runs: {running} does",
        "它不是正在运行的内容：正在运行的是 {running}";
    trial_is_over():
        "this trial is over: nothing is on trial any more, and the file says what runs",
        "该试运行已结束：目前没有试运行，运行的是配置文件中的内容";
    another_is_on_trial():
        "this trial is over, and something else is on trial by now: load the page again",
        "该试运行已结束，目前试运行的是其他更改：请刷新页面";
    nothing_on_trial():
        "nothing is on trial",
        "没有正在试运行的内容";

    // ---- set
    fps_of(camera):
        "{camera}: analysis_fps",
        "{camera}：`analysis_fps`";
    threshold_of(camera, class):
        "{camera}: threshold of {class}",
        "{camera}：{class} 的阈值";
    no_number(what):
        "{what} is no number",
        "{what} 不是数字";
    set_to(what, taken, value, least, most):
        "{what} set to {taken}, as {value} is out of {least}..{most}",
        "{what} 设为 {taken}，因为 {value} 超出 {least}..{most}";
    one_rule_stays():
        "at least one rule stays in force",
        "至少须有一条规则生效";

    // ---- parts
    part_count(index, total, most):
        "`index` is {index} of `total` {total}; parts are counted from 1, and there may be {most}",
        "`index` 是 {index}，`total` 是 {total}；分片从 1 开始编号，最多 {most} 片";
    part_differs(field):
        "`{field}` is another one than in the parts of this transfer that came before; begin one with another id",
        "`{field}` 与本次传输先前的分片不同；请换一个编号重新开始";
    text_too_large(most):
        "the text is larger than {most} bytes; the transfer is forgotten",
        "文本超过 {most} 字节；本次传输已作废";
    other_digest(sha256):
        "the parts together have the SHA-256 {sha256}, which is not `sha256`; the transfer is forgotten",
        "各分片合起来的 SHA-256 是 {sha256}，与 `sha256` 不符；本次传输已作废";
    too_many_transfers(most):
        "{most} transfers of other keys are under way; each is forgotten when it is used, or a quarter of an hour after its last part",
        "其他密钥已有 {most} 次传输正在进行；每次传输在使用后，或最后一片到达一刻钟后作废";
    no_transfer(id):
        "no transfer `{id}` of this key is here: it was never begun, used before, forgotten after a quarter of an hour, or lost in a restart",
        "没有该密钥的传输 `{id}`：没有开始过、已使用过、一刻钟后已作废，或在重启中丢失";
    parts_missing(total, missing):
        "of {total} parts these are missing: {missing}",
        "共 {total} 片，还缺：{missing}";

    // ---- resend
    too_large(field):
        "`{field}` is too large",
        "`{field}` 太大";
    all_gone():
        "nothing of it is here any more; `resend.gone` says of each number why",
        "所要的都已不在本机；`resend.gone` 说明了各编号的原因";
    sent_again(records):
        "{records} records go out again",
        "将补发 {records} 条消息";
    sent_again_in_part(records, gone):
        "{records} records go out again, {gone} numbers are gone",
        "将补发 {records} 条消息，有 {gone} 个编号已不在";
    numbers_gone(gone):
        "{gone} numbers are gone",
        "有 {gone} 个编号已不在";
    not_given(not_given):
        "{not_given} numbers are not given yet: they will still come",
        "有 {not_given} 个编号还没有编到，以后还会来";

    // ---- the audit log
    not_one_by_one(kind):
        "{kind}, not told one by one",
        "{kind}，未逐条记录";
    marked_up_to(n, stream):
        "up to {n} of {stream}",
        "{stream} 直到 {n}";

    // ---- which fields there are
    takes(command, fields):
        "`{command}` takes {fields}",
        "`{command}` 的字段：{fields}";
    takes_besides(required, optional):
        "{required}, and if need be {optional}",
        "{required}，选填 {optional}";
    takes_nothing(command):
        "`{command}` takes no fields of its own",
        "`{command}` 没有专用字段";

    // ---- the log
    carried_out():
        "a command is carried out",
        "正在执行一条命令";
    thread_left():
        "the command thread did not end in time and is left behind",
        "命令线程没有按时结束，不再等待";
    thread_panicked():
        "the command thread ended with a panic",
        "命令线程异常退出（程序错误）";
    not_recorded():
        "a command could not be written down, so it is not carried out",
        "一条命令无法记录，因此没有执行";
    too_late():
        "a command came too late",
        "一条命令来得太晚";
    done_not_recorded():
        "that a command was carried out could not be written down",
        "一条命令已执行，但无法记录";
    audit_unwritable():
        "the audit log cannot be written",
        "审计日志无法写入";
    answer_not_stored():
        "an answer could not be stored",
        "一条答复无法存储";
    overrides_moved(file, error, aside):
        "{file}: {error}, moved to {aside}",
        "{file} 无法读取，已移到 {aside}（原文：{error}）";
    overrides_unread(file, error):
        "{file}: {error}",
        "{file} 无法读取（原文：{error}）";
}
