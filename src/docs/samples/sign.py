# Python 3.9 及以上，无需安装任何依赖（hashlib 由 OpenSSL 提供 SM3）。运行：python3 sign.py
# 若提示不支持 sm3，可安装 gmssl，用其中的 sm3.sm3_hash 代替。
import hashlib
import hmac


def canonical(members):
    """签名原文：去掉 sign 和空值，按参数名排序，以 & 连接。"""
    names = sorted(name for name, value in members.items() if name != "sign" and value not in (None, ""))
    return "&".join(f"{name}={members[name]}" for name in names)


def sign(members, secret):
    """默认算法：HMAC-SM3，小写十六进制。"""
    return hmac.new(secret.encode("utf-8"), canonical(members).encode("utf-8"), "sm3").hexdigest()


def sign_with_key(members, secret):
    """另一种算法（单位设为 sm3 时）：SM3(签名原文 + "&key=" + 密钥)。"""
    text = canonical(members) + "&key=" + secret
    return hashlib.new("sm3", text.encode("utf-8")).hexdigest()


def verify(message, printed, secret):
    """收到互认平台的消息时核对签名，比较用时与内容无关。printed 为接口文档列出的参数名。"""
    members = {name: message[name] for name in printed if name in message}
    return hmac.compare_digest(sign(members, secret), str(message.get("sign", "")).lower())


if __name__ == "__main__":
    import sys

    sys.stdout.reconfigure(encoding="utf-8")
    secret = "0123456789abcdef"
    start_check = {"caUnitId": "LN-BIZ-0001", "taskId": "T20250301000001", "orgcode": "210000", "standBy": ""}
    print(canonical(start_check))
    print(sign(start_check, secret))
    print(sign_with_key(start_check, secret))
    print(sign({"unitName": "辽宁示例建设有限公司", "caUnitId": "LN-BIZ-0001"}, secret))
    signed = dict(start_check, sign=sign(start_check, secret))
    print(str(verify(signed, ["caUnitId", "taskId", "orgcode", "standBy"], secret)).lower())
