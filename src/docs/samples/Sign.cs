// .NET 6 及以上，无需任何依赖：dotnet new console 后替换 Program.cs，运行 dotnet run。
// 项目中已有 BouncyCastle.Cryptography 时，可用 SM3Digest 与 HMac 代替文件末尾的 Sm3。
using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

public static class Sign
{
    /// <summary>签名原文：去掉 sign 和空值，按参数名排序，以 &amp; 连接。</summary>
    public static string Canonical(IDictionary<string, string> members) =>
        string.Join("&", members
            .Where(member => member.Key != "sign" && !string.IsNullOrEmpty(member.Value))
            .OrderBy(member => member.Key, StringComparer.Ordinal)
            .Select(member => member.Key + "=" + member.Value));

    /// <summary>默认算法：HMAC-SM3，小写十六进制。</summary>
    public static string HmacSm3(IDictionary<string, string> members, string secret) =>
        Hex(Sm3.Hmac(Utf8(secret), Utf8(Canonical(members))));

    /// <summary>另一种算法（单位设为 sm3 时）：SM3(签名原文 + "&amp;key=" + 密钥)。</summary>
    public static string Sm3WithKey(IDictionary<string, string> members, string secret) =>
        Hex(Sm3.Hash(Utf8(Canonical(members) + "&key=" + secret)));

    /// <summary>收到互认平台的消息时核对签名，比较用时与内容无关。printed 为接口文档列出的参数名。</summary>
    public static bool Verify(IDictionary<string, string> message, ICollection<string> printed, string secret)
    {
        var members = message.Where(member => printed.Contains(member.Key)).ToDictionary(m => m.Key, m => m.Value);
        var given = message.TryGetValue("sign", out var sign) ? sign.ToLowerInvariant() : "";
        return CryptographicOperations.FixedTimeEquals(Utf8(HmacSm3(members, secret)), Utf8(given));
    }

    public static void Main()
    {
        Console.OutputEncoding = new UTF8Encoding(false);
        const string secret = "0123456789abcdef";
        var startCheck = new Dictionary<string, string>
        {
            ["caUnitId"] = "LN-BIZ-0001", ["taskId"] = "T20250301000001", ["orgcode"] = "210000", ["standBy"] = "",
        };
        Console.WriteLine(Canonical(startCheck));
        Console.WriteLine(HmacSm3(startCheck, secret));
        Console.WriteLine(Sm3WithKey(startCheck, secret));
        var chinese = new Dictionary<string, string> { ["unitName"] = "辽宁示例建设有限公司", ["caUnitId"] = "LN-BIZ-0001" };
        Console.WriteLine(HmacSm3(chinese, secret));
        startCheck["sign"] = HmacSm3(startCheck, secret);
        var printed = new[] { "caUnitId", "taskId", "orgcode", "standBy" };
        Console.WriteLine(Verify(startCheck, printed, secret).ToString().ToLowerInvariant());
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static string Hex(byte[] bytes) => Convert.ToHexString(bytes).ToLowerInvariant();

    /// <summary>GB/T 32905—2016 SM3 与 HMAC-SM3。</summary>
    private static class Sm3
    {
        private static readonly uint[] Iv =
        {
            0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
        };

        public static byte[] Hmac(byte[] key, byte[] message)
        {
            var block = new byte[64];
            var start = key.Length > 64 ? Hash(key) : key;
            Array.Copy(start, block, start.Length);
            var inner = block.Select(b => (byte)(b ^ 0x36)).Concat(message).ToArray();
            var outer = block.Select(b => (byte)(b ^ 0x5c)).Concat(Hash(inner)).ToArray();
            return Hash(outer);
        }

        public static byte[] Hash(byte[] message)
        {
            var padded = new byte[(message.Length + 8) / 64 * 64 + 64];
            Array.Copy(message, padded, message.Length);
            padded[message.Length] = 0x80;
            var bits = (ulong)message.Length * 8;
            for (var i = 0; i < 8; i++) padded[padded.Length - 1 - i] = (byte)(bits >> (8 * i));
            var v = (uint[])Iv.Clone();
            for (var at = 0; at < padded.Length; at += 64) Compress(v, padded, at);
            var digest = new byte[32];
            for (var i = 0; i < 32; i++) digest[i] = (byte)(v[i / 4] >> (24 - i % 4 * 8));
            return digest;
        }

        private static void Compress(uint[] v, byte[] block, int at)
        {
            var w = new uint[68];
            for (var i = 0; i < 16; i++)
            {
                var p = at + i * 4;
                w[i] = (uint)(block[p] << 24 | block[p + 1] << 16 | block[p + 2] << 8 | block[p + 3]);
            }
            for (var i = 16; i < 68; i++)
                w[i] = P1(w[i - 16] ^ w[i - 9] ^ Rotate(w[i - 3], 15)) ^ Rotate(w[i - 13], 7) ^ w[i - 6];
            uint a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];
            unchecked
            {
                for (var i = 0; i < 64; i++)
                {
                    var t = Rotate(i < 16 ? 0x79cc4519u : 0x7a879d8au, i % 32);
                    var s1 = Rotate(Rotate(a, 12) + e + t, 7);
                    var s2 = s1 ^ Rotate(a, 12);
                    var t1 = (i < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c)) + d + s2 + (w[i] ^ w[i + 4]);
                    var t2 = (i < 16 ? e ^ f ^ g : (e & f) | (~e & g)) + h + s1 + w[i];
                    d = c;
                    c = Rotate(b, 9);
                    b = a;
                    a = t1;
                    h = g;
                    g = Rotate(f, 19);
                    f = e;
                    e = t2 ^ Rotate(t2, 9) ^ Rotate(t2, 17);
                }
            }
            uint[] next = { a, b, c, d, e, f, g, h };
            for (var i = 0; i < 8; i++) v[i] ^= next[i];
        }

        private static uint Rotate(uint x, int n) => n == 0 ? x : (x << n) | (x >> (32 - n));

        private static uint P1(uint x) => x ^ Rotate(x, 15) ^ Rotate(x, 23);
    }
}
