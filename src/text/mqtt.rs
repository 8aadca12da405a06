//! What can be wrong with the connection to the command centre, why, and what to try.

sentences! { "mqtt";
    // ---- settings and the files that they name
    no_broker():
        "no broker is configured and the embedded one is not running",
        "没有配置 MQTT 服务器，内置的也没有运行";
    url_unreadable(error):
        "the broker's URL cannot be read: {error}",
        "MQTT 服务器的地址无法识别（原文：{error}）";
    url_scheme(scheme):
        "the broker's URL begins with `{scheme}:`, which is not known",
        "MQTT 服务器的地址以 `{scheme}:` 开头，不支持这种写法";
    url_with_login():
        "the broker's URL contains a user or a password",
        "MQTT 服务器的地址里含有用户名或密码";
    try_login_files():
        "secrets live in files: use `user` and `password_file`",
        "密码应存放在文件里：请使用 `user` 和 `password_file`";
    url_with_path():
        "the broker's URL has something behind the port",
        "MQTT 服务器的地址在端口之后还有内容";
    url_without_host():
        "the broker's URL names no host",
        "MQTT 服务器的地址没有写主机名";
    try_url():
        "write it as `mqtt://host:1883`, or `mqtts://host:8883` with TLS",
        "请写成 `mqtt://host:1883`，使用 TLS 时写成 `mqtts://host:8883`";
    host_without_certificate(host):
        "`{host}` cannot be checked against a certificate",
        "`{host}` 无法用证书核对";
    try_host_name():
        "with TLS use a host name or an IPv4 address",
        "使用 TLS 时请写主机名或 IPv4 地址";
    area():
        "area",
        "县区代码";
    box_name():
        "box",
        "盒子名称";
    prefix():
        "topic prefix",
        "主题前缀";
    name_empty(what):
        "the {what} is empty",
        "{what}是空的";
    name_with(what, value, character):
        "the {what} `{value}` contains {character}, which cannot be part of an MQTT topic",
        "{what} `{value}` 含有 {character}，不能用在 MQTT 主题里";
    try_plain_name():
        "use letters, digits, `-` and `_`",
        "请只用字母、数字、`-` 和 `_`";
    half_certificate():
        "`client_cert` and `client_key` go together: one of them is missing",
        "`client_cert` 和 `client_key` 须同时设置：缺少其中一个";
    password_without_user():
        "a password file without `user`",
        "设置了密码文件，但没有 `user`";
    try_user():
        "add `user = \"...\"`",
        "请加上 `user = \"...\"`";
    password_file():
        "password file",
        "密码文件";
    authorities_file():
        "file of certificate authorities",
        "CA 证书文件";
    client_certificate():
        "client certificate",
        "客户端证书";
    client_key():
        "client key",
        "客户端私钥";
    file_unread(what, path, error):
        "the {what} {path} cannot be read: {error}",
        "{what} {path} 无法读取：{error}";
    try_file():
        "does it exist, and may the user lookout runs as read it?",
        "请确认文件存在，且运行 lookout 的用户有权读取";
    try_authorities():
        "install ca-certificates, or set `ca_file`",
        "请安装 ca-certificates，或设置 `ca_file`";
    file_no_text(what, path):
        "the {what} {path} is not text",
        "{what} {path} 不是文本";
    no_certificate(path):
        "{path} holds no certificate",
        "{path} 里没有证书";
    try_certificate():
        "it must be PEM text: `-----BEGIN CERTIFICATE-----`; `openssl x509 -inform der` converts",
        "须是 PEM 文本：`-----BEGIN CERTIFICATE-----`；可用 `openssl x509 -inform der` 转换";
    no_private_key(path):
        "{path} holds no private key",
        "{path} 里没有私钥";
    try_private_key():
        "it must be PEM text without a passphrase: `-----BEGIN PRIVATE KEY-----`; `openssl pkey -in FILE -out NEW` converts",
        "须是没有口令的 PEM 文本：`-----BEGIN PRIVATE KEY-----`；可用 `openssl pkey -in FILE -out NEW` 转换";
    not_a_pair(certificate, key, error):
        "{certificate} and {key} do not go together: {error}",
        "{certificate} 和 {key} 不是一对（原文：{error}）";
    no_tls(error):
        "TLS cannot be set up: {error}",
        "无法启用 TLS（原文：{error}）";
    no_thread(error):
        "the MQTT thread cannot start: {error}",
        "MQTT 线程无法启动（原文：{error}）";

    // ---- no way there
    nobody_listens(broker):
        "nobody listens at {broker}: connection refused",
        "{broker} 拒绝连接：该端口没有程序在监听";
    try_port():
        "is the broker running, and is the port right (usually 1883, with TLS 8883)?",
        "请确认 MQTT 服务器已启动，端口正确（一般为 1883，使用 TLS 时为 8883）";
    no_way(broker, error):
        "no way to {broker}: {error}",
        "连不上 {broker}（原文：{error}）";
    try_network():
        "check the cable, the mobile link, the route and the firewall",
        "请检查网线、移动网络、路由和防火墙";
    no_such_host(host):
        "no such host: {host}",
        "主机名 {host} 无法解析";
    try_spelling():
        "check the spelling of the `url`, and the name server of this box (`getent hosts`)",
        "请检查 `url` 的拼写和本机的域名解析（`getent hosts`）";
    no_answer(broker):
        "no answer from {broker} in time",
        "{broker} 没有及时应答";
    try_firewall():
        "a firewall that drops packets looks like this; so does a port that speaks another protocol",
        "可能是防火墙丢弃了数据包，也可能是该端口使用另一种协议";
    closed_early(broker):
        "{broker} closed the connection before it answered",
        "{broker} 未应答就断开了连接";
    try_client_certificate():
        "does the broker ask for a client certificate (`client_cert`, `client_key`)?",
        "请确认服务器是否要求客户端证书（`client_cert`、`client_key`）";
    try_tls_or_311():
        "does this port speak TLS (then `mqtts://`), or only MQTT 3.1.1 (then `version = \"3.1.1\"`)?",
        "请确认该端口是否使用 TLS（应写 `mqtts://`），或只支持 MQTT 3.1.1（应写 `version = \"3.1.1\"`）";
    try_tls():
        "does this port speak TLS (then `mqtts://`)?",
        "请确认该端口是否使用 TLS（应写 `mqtts://`）";

    // ---- not wanted
    refused_user(broker, user):
        "{broker} refused user `{user}`: not allowed",
        "{broker} 拒绝了用户 `{user}`：没有权限";
    try_login():
        "check `user` and the password file, and the rights this user has on the broker",
        "请检查 `user`、密码文件以及该用户在服务器上的权限";
    refused_nameless(broker):
        "{broker} refused a connection without user: not allowed",
        "{broker} 拒绝了未登录的连接：没有权限";
    try_logging_in():
        "the broker wants a user and a password: `user` and `password_file`",
        "服务器要求用户名和密码：请设置 `user` 和 `password_file`";
    version_unknown(broker):
        "{broker} does not speak this version of MQTT",
        "{broker} 不支持这个版本的 MQTT";
    try_version():
        "set `version = \"3.1.1\"` (or leave it out, if it is set)",
        "请设置 `version = \"3.1.1\"`（已设置的请去掉）";
    client_id_refused(broker, client_id):
        "{broker} does not accept the client id `{client_id}`",
        "{broker} 不接受客户端标识 `{client_id}`";
    try_longer_ids():
        "`area.box` is the client id; some brokers must be told to allow more than 23 letters and digits",
        "客户端标识就是 `area.box`；有的服务器须设置后才允许超过 23 个字母和数字";
    refused(broker, code):
        "{broker} refused the connection: {code}",
        "{broker} 拒绝了连接（原文：{code}）";
    subscription_refused(broker, reason):
        "{broker} refuses the subscription: {reason}",
        "{broker} 拒绝了订阅（原文：{reason}）";
    try_rights_to_read():
        "may this user read these topics?",
        "请确认该用户有权读取这些主题";

    // ---- the connection ended
    given_up():
        "the connection was given up",
        "连接已放弃";
    failed(broker, error):
        "the connection to {broker} failed: {error}",
        "与 {broker} 的连接出错（原文：{error}）";
    closed(broker):
        "{broker} closed the connection",
        "{broker} 断开了连接";
    silent(broker):
        "{broker} stopped answering",
        "{broker} 不再应答";
    unacknowledged(broker):
        "{broker} does not acknowledge what it was sent",
        "{broker} 收到消息后一直没有确认";
    lifeless(broker):
        "{broker} shows no sign of life",
        "{broker} 没有任何反应";
    no_time_for_goodbye():
        "no time left to say goodbye",
        "没有时间正常断开连接";
    goodbye_unheard():
        "the broker did not confirm the goodbye",
        "服务器没有确认断开";
    wrong_first_answer(broker):
        "{broker} sent something unexpected: its first answer was not the one to a connect",
        "{broker} 的回应不符合 MQTT 协议：第一个应答不是对连接请求的应答";
    unexpected(broker, what):
        "{broker} sent something unexpected: {what}",
        "{broker} 的回应不符合 MQTT 协议（原文：{what}）";
    try_mqtt():
        "does an MQTT broker listen on this port, and does it speak the configured version?",
        "请确认该端口是 MQTT 服务器，且支持所配置的版本";
    too_large(broker, bytes, most):
        "{broker} sent a message of {bytes} bytes; at most {most} are taken",
        "{broker} 发来一条 {bytes} 字节的消息；最多接收 {most} 字节";
    sent_away(broker):
        "{broker} ended the connection: not allowed",
        "{broker} 断开了连接：没有权限";
    sent_away_because(broker, reason):
        "{broker} ended the connection: not allowed ({reason})",
        "{broker} 断开了连接：没有权限（原文：{reason}）";
    try_rights():
        "which topics may this user publish and subscribe to?",
        "请检查该用户有权发布和订阅哪些主题";
    ended(broker, code):
        "{broker} ended the connection: {code}",
        "{broker} 断开了连接（原文：{code}）";
    taken_over(broker, client_id):
        "another client uses this box's name at {broker} (client id `{client_id}`): the broker ends one's connection when the other comes",
        "另有客户端在 {broker} 用了这个盒子的名字（客户端标识 `{client_id}`）：一方连上，MQTT 服务器就断开另一方";
    try_own_name():
        "give each box of an area its own `[site] box`; a copied disk brings its name along, and so does lookout running twice",
        "同一县区里每个盒子的 `[site] box` 要各不相同；复制磁盘会把名字一起复制，程序运行两份也会这样";
    thrown_off(broker, client_id):
        "{broker} closes each connection soon after it was made: another client may use this box's name (client id `{client_id}`)",
        "{broker} 每次都在连上后不久就断开：可能另有客户端用了这个盒子的名字（客户端标识 `{client_id}`）";
    try_own_name_and_log():
        "give each box of an area its own `[site] box`, and each program a certificate of its own; the broker's log says why it closes",
        "同一县区里每个盒子的 `[site] box` 要各不相同，每个程序要有自己的证书；断开的原因见 MQTT 服务器的日志";
    takes_nothing():
        "the broker takes no publishes (receive maximum 0)",
        "服务器不接收任何消息（receive maximum 为 0）";
    two_of_one_number():
        "two publishes with one packet number (a bug)",
        "两条消息用了同一个报文编号（程序错误）";
    client_failed():
        "the MQTT client failed (a bug in Lookout or its library)",
        "MQTT 客户端出错（Lookout 或其程序库的错误）";

    // ---- TLS
    untrusted(broker, why):
        "the certificate of {broker} is not accepted: {why}",
        "{broker} 的证书不被接受：{why}";
    unknown_authority():
        "it is not signed by a known authority",
        "签发机构不受信任";
    try_authority():
        "set `ca_file` to the certificate of the authority that signed the broker's",
        "请把 `ca_file` 设为签发服务器证书的 CA 证书";
    another_name(host):
        "it is not made for the name {host}",
        "证书不是签发给 {host} 的";
    try_name_in_certificate():
        "use the name in the certificate (`openssl s_client -connect`) as host in the `url`",
        "请在 `url` 中使用证书里的主机名（用 `openssl s_client -connect` 查看）";
    not_valid_now():
        "it is not valid at this time",
        "证书不在有效期内";
    try_clock():
        "is the clock of this box right (`timedatectl`)? Otherwise the broker needs a new certificate",
        "请检查本机时间（`timedatectl`）；时间无误时，服务器须更换证书";
    try_looking_at_it():
        "look at it with `openssl s_client -connect`",
        "请用 `openssl s_client -connect` 查看";
    speaks_no_tls(broker):
        "{broker} does not speak TLS on this port",
        "{broker} 的这个端口不使用 TLS";
    try_plain():
        "use `mqtt://`, or the broker's TLS port (usually 8883)",
        "请改用 `mqtt://`，或服务器的 TLS 端口（一般为 8883）";
    tls_refused(broker, alert):
        "{broker} refused the secure connection: {alert}",
        "{broker} 拒绝了加密连接（原文：{alert}）";
    insecure(broker, error):
        "no secure connection to {broker}: {error}",
        "与 {broker} 的加密连接没有建立（原文：{error}）";

    // ---- what a broker does not take
    not_taken(topic, why):
        "{topic}: {why}",
        "{topic}：{why}";
    larger_than_taken(bytes, most):
        "{bytes} bytes, and the broker takes at most {most}",
        "{bytes} 字节，而服务器最多接收 {most} 字节";
    ended_with_it(times, why):
        "the connection ended {times} times with it: {why}",
        "发送它时连接已断开 {times} 次：{why}";
    kept_too_large(topic):
        "{topic}: the message kept there is too large",
        "{topic}：服务器上保留的消息太大";
    some_unsigned(broker, most):
        "some messages go to {broker} without signatures: with them they would be larger than the {most} bytes that it takes",
        "发往 {broker} 的部分消息没有签名：带上签名就会超过它接受的 {most} 字节";
    try_larger_packets():
        "raise the largest packet that the broker takes",
        "调大该服务器接受的最大报文长度";
    unsigned(broker, why):
        "messages go to {broker} without signatures: it does not take `up/signature` ({why})",
        "发往 {broker} 的消息没有签名：它不接受 `up/signature`（{why}）";
    try_signature_topic():
        "let the box publish there, or use MQTT 5, which has the signature in the message itself",
        "允许本机在该主题上发布，或改用 MQTT 5，签名就在消息本身里";

    // ---- refused commands, and where answers go
    of_key(key):
        "of the key `{key}`",
        "密钥 `{key}` 的";
    of_nobody():
        "without a good signature",
        "没有有效签名的";
    more_refused(count, whose, from, until, most, seconds):
        "{count} more commands {whose} were refused from {from} until {until} and not answered: at most {most} refusals are answered in {seconds} s; send again what got no answer",
        "{from} 至 {until} 另有 {count} 条{whose}命令被拒绝，也没有答复：{seconds} 秒内最多答复 {most} 条；没有得到答复的请重新发送";
    only_on_reply(why):
        "{why}, so this answer is on up/reply only",
        "{why}，因此本答复只发在 up/reply 上";
    long_correlation_data(most):
        "the correlation data is longer than {most} bytes",
        "关联数据（correlation data）超过 {most} 字节";
    response_topic_long(most):
        "the response topic is longer than {most} bytes",
        "应答主题超过 {most} 字节";
    response_topic_elsewhere(prefix):
        "the response topic does not lie below `{prefix}/`",
        "应答主题不在 `{prefix}/` 之下";
    response_topic_not_below_own(replies):
        "the response topic does not lie below `{replies}/`, as it must for what is refused without a good signature",
        "应答主题不在 `{replies}/` 之下，而没有有效签名的命令被拒绝时，答复只能发在那里";
    response_topic_bad():
        "the response topic has an empty level, a wildcard or a control character",
        "应答主题中有空的层级、通配符或控制字符";
    response_topic_taken(replies):
        "the response topic is one on which boxes say something else; below `{replies}/` there is room",
        "应答主题是盒子发布其他消息的主题；请改用 `{replies}/` 之下的主题";

    // ---- the log
    connected():
        "connected to the command centre",
        "已连接指挥中心";
    left_to_connect_anew():
        "left the broker to connect anew",
        "已与 MQTT 服务器断开，即将重新连接";
    stopped():
        "MQTT stopped",
        "MQTT 已停止";
    late_will():
        "a late will said that this box is gone; saying again that it is not",
        "迟到的遗嘱消息称本机已离线；重新声明本机在线";
    namesake_gone():
        "no sign any more of another client with this box's name",
        "不再有其他客户端使用这个盒子的名字";
    no_connection():
        "no connection to the command centre",
        "与指挥中心没有连接";
    thread_left():
        "the MQTT thread did not end in time and is left behind",
        "MQTT 线程没有按时结束，不再等待";
    panicked():
        "the MQTT client panicked: a bug; connecting anew",
        "MQTT 客户端异常退出（程序错误），正在重新连接";
    state_untold():
        "the box's state cannot be told",
        "无法发布本机的状态";
    subscription_missing():
        "the broker refuses a subscription",
        "服务器拒绝了一个订阅";
    record_kept():
        "an acknowledged record could not be taken off the outbox",
        "一条已确认的消息无法从队列中去掉";
    response_not_taken():
        "the broker takes no answer on this response topic; it is on up/reply",
        "服务器不接收发往该应答主题的答复；答复在 up/reply 上";
    put_aside():
        "the broker does not take a message; it is tried again later",
        "服务器不接收一条消息，稍后再试";
    topic_left_out():
        "a message kept on this topic is too large to take: going on without the topic for a while",
        "该主题上保留的消息太大，无法接收：暂时不订阅该主题";
    try_clearing():
        "clear it with an empty retained message",
        "请用一条空的保留消息将其清除";
    response_topic_unused():
        "a response topic is not used",
        "有一个应答主题未被采用";
    mark_not_stored():
        "a mark could not be stored",
        "一份回执无法存储";
    mark_ahead(n, stream):
        "the mark says {n}, and the stream {stream} never came so far, as after a restored backup: nothing was marked, and a new stream begins",
        "回执的编号是 {n}，而流 {stream} 从未到过这里，可能是恢复了旧备份：该回执无效，编号从新的流重新开始";
    command_refused(why):
        "a command was refused: {why}",
        "一条命令被拒绝：{why}";
    refusal_unanswered():
        "a refused command could not be answered",
        "一条被拒绝的命令无法答复";
    response_topic_left_out():
        "a connection ended with an answer on this topic: the answer is on up/reply only",
        "曾有连接因发往该主题的答复而断开：答复只发在 up/reply 上";
    response_too_large():
        "the broker takes no message of this size: the answer is on up/reply only",
        "服务器不接收这么大的消息：答复只发在 up/reply 上";
    signature_unwritten():
        "a signature could not be written; its message goes without it",
        "一个签名无法生成；该消息不带签名发出";
}
