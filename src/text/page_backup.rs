//! The page that makes a backup.

sentences! { "page_backup";
    title(): "Backup", "备份";
    about():
        "What makes this box this one, in one file: its configuration, its secrets and certificates, the key by which it signs, and who may open this page. Sealed with a passphrase of your own, without which nobody opens it, you included. Alerts and pictures are not in it.",
        "用一个文件保存本盒子的配置、密码和证书、签名密钥以及可登录本页的人员。文件由您设置的口令加密；没有口令，包括您在内任何人都无法打开。其中不含预警和画面。";
    about_restoring():
        "A backup is restored on the box itself; the command checks it first and says what it would replace:",
        "恢复须在盒子上执行；命令会先检查备份，并列出将被替换的内容：";
    installers_only(): "Only installers make backups.", "只有安装员可以备份。";
    passphrase(): "Passphrase of the backup", "备份口令";
    about_passphrase(least):
        "At least {least} characters: four or five words that do not belong together. Write it down and keep it apart from the file.",
        "至少 {least} 个字符：可用四五个互不相干的词。请记下来，并与文件分开保存。";
    again(): "The same passphrase once more", "再次输入备份口令";
    own_password(): "Your own password for this page", "您登录本页的密码";
    about_own_password():
        "Whoever has the backup has every password of the box, so it is you who has to be here.",
        "拿到备份就拿到了盒子的全部密码，因此须确认是您本人操作。";
    make(): "Make a backup", "生成备份";
    not_the_same(): "The two passphrases are not the same.", "两次输入的备份口令不一致。";
    wrong_password(): "Your password is not right.", "您的密码不正确。";
    not_made(why): "There is no backup: {why}", "没有生成备份：{why}";
}
