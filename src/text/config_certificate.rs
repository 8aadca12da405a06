//! What is wrong with files that should hold certificates and keys, and what to try. Never repeats what a file holds.

sentences! { "config_certificate";
    // ---- what is wrong
    unusable(what, path):
        "{what}: {path}; the connection fails until this is mended",
        "{what}：{path}；修好之前，该连接不通";
    field(name, what):
        "`{name}` {what}",
        "`{name}` {what}";
    other_name(name, client_id, path):
        "this box is `{client_id}`, and its certificate is made out to another name{name}: {path}",
        "本机是 `{client_id}`，证书却签发给别的名称{name}：{path}";
    some_broken(name, broken, all, path):
        "`{name}` holds certificates that cannot be read ({broken} of {all}): {path}",
        "`{name}` 中有无法读取的证书（共 {all} 个，其中 {broken} 个）：{path}";
    expired(name, path):
        "`{name}` has expired: {path}",
        "`{name}` 已过期：{path}";
    expired_on(name, day, path):
        "`{name}` has expired ({day}): {path}",
        "`{name}` 已过期（{day}）：{path}";
    begins_with_another(name):
        "`{name}` begins with another certificate than that of `key_file`",
        "`{name}` 中的第一个证书与 `key_file` 不配对";
    cannot_be_used(name):
        "`{name}` holds a certificate that cannot be used",
        "`{name}` 中的证书无法使用";
    key_of_another(name):
        "`key_file` belongs to another certificate than `{name}`",
        "`key_file` 与 `{name}` 中的证书不配对";
    key_cannot_be_used():
        "`key_file` holds a private key that cannot be used",
        "`key_file` 中的私钥无法使用";
    key_is_open(mode):
        "`key_file` can be read by other users (mode {mode})",
        "`key_file` 可被其他用户读取（权限 {mode}）";

    // ---- what a file holds instead
    is_empty():
        "is empty",
        "是空文件";
    is_der():
        "holds a certificate in DER, not in PEM",
        "中的证书是 DER 格式，不是 PEM";
    none_to_be_read():
        "holds no certificate that can be read",
        "中没有可读取的证书";
    only_a_key():
        "holds a private key and no certificate",
        "中是私钥，不是证书";
    no_certificate():
        "holds no certificate",
        "中没有证书";
    locked_key():
        "holds a private key that is locked with a passphrase",
        "中的私钥有口令保护";
    only_a_certificate():
        "holds a certificate and no private key",
        "中是证书，不是私钥";
    no_key():
        "holds no private key",
        "中没有私钥";

    // ---- what belongs there
    of_this_box():
        "the certificate of this box",
        "本机的证书";
    of_the_authority():
        "the certificate of the authority that signed the other side's",
        "签发对方证书的 CA 的证书";

    // ---- what to try
    copy_again():
        "copy each of them again, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----",
        "请逐个重新复制，从 -----BEGIN CERTIFICATE----- 到 -----END CERTIFICATE-----";
    sign_for(client_id):
        "a broker that goes by the names of certificates lets this box connect and publish nothing: have a certificate made with the common name `{client_id}`, as deploy/broker does",
        "按证书名称授权的 MQTT 服务器会允许本机连接，却不允许发布任何消息：请签发通用名称（CN）为 `{client_id}` 的证书，做法同 deploy/broker";
    get_the_new_one():
        "get the new one from whoever made it, and check the clock of this machine",
        "请向签发者索取新证书，并检查本机时钟";
    own_comes_first():
        "the certificate of this box must come first, and then those of the authorities behind it",
        "本机的证书须排在最前，其后是各级 CA 的证书";
    sign_anew():
        "often it is one of version 1: sign it anew with openssl x509 -req -extfile FILE, and in FILE the line basicConstraints=CA:FALSE",
        "多半是第 1 版证书：请用 `openssl x509 -req -extfile FILE` 重新签发，并在 FILE 中写一行 `basicConstraints=CA:FALSE`";
    compare(certificate, key):
        "these print the same for a pair: openssl x509 -in {certificate} -noout -pubkey; openssl pkey -in {key} -pubout",
        "配对时这两条命令的输出相同：`openssl x509 -in {certificate} -noout -pubkey`；`openssl pkey -in {key} -pubout`";
    make_a_key():
        "make an RSA key of at least 2048 bits, or an ECDSA one: openssl ecparam -name prime256v1 -genkey",
        "请生成至少 2048 位的 RSA 密钥，或 ECDSA 密钥：`openssl ecparam -name prime256v1 -genkey`";
    copy_into_it(wanted):
        "copy {wanted} into it, as PEM text",
        "请把{wanted}以 PEM 文本复制到该文件中";
    copy_key_into_it():
        "copy the private key of `cert_file` into it, as PEM text",
        "请把 `cert_file` 的私钥以 PEM 文本复制到该文件中";
    convert(path):
        "openssl x509 -inform der -in {path} -out {path}.pem converts it: name {path}.pem",
        "请用 `openssl x509 -inform der -in {path} -out {path}.pem` 转换，并改写为 {path}.pem";
    name_it_instead(wanted):
        "name {wanted}, whose key stays where it is",
        "请改写{wanted}所在的文件；私钥仍留在原处";
    name_pem(wanted):
        "name {wanted}: PEM text that begins with -----BEGIN CERTIFICATE-----",
        "请改写{wanted}所在的文件：以 -----BEGIN CERTIFICATE----- 开头的 PEM 文本";
    unlock(path):
        "nobody is there to type it: openssl pkey -in {path} -out {path}.open && chmod 600 {path}.open",
        "运行时无人输入口令：`openssl pkey -in {path} -out {path}.open && chmod 600 {path}.open`";
    name_its_key():
        "name the file of the key that was made together with it: PEM text with a line -----BEGIN PRIVATE KEY-----",
        "请写与该证书一同生成的私钥文件：含有 -----BEGIN PRIVATE KEY----- 一行的 PEM 文本";
    key_in_pem(path):
        "it must be PEM text with a line -----BEGIN PRIVATE KEY-----; openssl pkey -inform der -in {path} converts one in DER",
        "须是含有 -----BEGIN PRIVATE KEY----- 一行的 PEM 文本；DER 格式可用 `openssl pkey -inform der -in {path}` 转换";
}
