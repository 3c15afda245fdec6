// Java 11 及以上，无需任何依赖。运行：java -Dfile.encoding=UTF-8 Sign.java
// 项目中已有 BouncyCastle 或 hutool 时，可用它们的 SM3、HmacSM3 代替文件末尾的 Sm3。
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

public class Sign {
    /** 签名原文：去掉 sign 和空值，按参数名排序，以 & 连接。 */
    static String canonical(Map<String, String> members) {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<String, String> member : new TreeMap<>(members).entrySet()) {
            String value = member.getValue();
            if (member.getKey().equals("sign") || value == null || value.isEmpty()) continue;
            if (text.length() > 0) text.append('&');
            text.append(member.getKey()).append('=').append(value);
        }
        return text.toString();
    }

    /** 默认算法：HMAC-SM3，小写十六进制。 */
    static String sign(Map<String, String> members, String secret) {
        return hex(Sm3.hmac(utf8(secret), utf8(canonical(members))));
    }

    /** 另一种算法（单位设为 sm3 时）：SM3(签名原文 + "&key=" + 密钥)。 */
    static String signWithKey(Map<String, String> members, String secret) {
        return hex(Sm3.hash(utf8(canonical(members) + "&key=" + secret)));
    }

    /** 收到互认平台的消息时核对签名，比较用时与内容无关。printed 为接口文档列出的参数名。 */
    static boolean verify(Map<String, String> message, List<String> printed, String secret) {
        Map<String, String> members = new TreeMap<>(message);
        members.keySet().retainAll(printed);
        String given = message.getOrDefault("sign", "").toLowerCase();
        return MessageDigest.isEqual(utf8(sign(members, secret)), utf8(given));
    }

    public static void main(String[] args) {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        String secret = "0123456789abcdef";
        Map<String, String> startCheck = new TreeMap<>(Map.of(
                "caUnitId", "LN-BIZ-0001", "taskId", "T20250301000001", "orgcode", "210000", "standBy", ""));
        out.println(canonical(startCheck));
        out.println(sign(startCheck, secret));
        out.println(signWithKey(startCheck, secret));
        out.println(sign(Map.of("unitName", "辽宁示例建设有限公司", "caUnitId", "LN-BIZ-0001"), secret));
        startCheck.put("sign", sign(startCheck, secret));
        out.println(verify(startCheck, List.of("caUnitId", "taskId", "orgcode", "standBy"), secret));
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte one : bytes) text.append(String.format("%02x", one));
        return text.toString();
    }

    /** GB/T 32905—2016 SM3 与 HMAC-SM3。 */
    static final class Sm3 {
        private static final int[] IV = {
            0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e
        };

        static byte[] hmac(byte[] key, byte[] message) {
            byte[] block = Arrays.copyOf(key.length > 64 ? hash(key) : key, 64);
            byte[] inner = new byte[64 + message.length];
            byte[] outer = new byte[64 + 32];
            for (int i = 0; i < 64; i++) {
                inner[i] = (byte) (block[i] ^ 0x36);
                outer[i] = (byte) (block[i] ^ 0x5c);
            }
            System.arraycopy(message, 0, inner, 64, message.length);
            System.arraycopy(hash(inner), 0, outer, 64, 32);
            return hash(outer);
        }

        static byte[] hash(byte[] message) {
            byte[] padded = Arrays.copyOf(message, (message.length + 8) / 64 * 64 + 64);
            padded[message.length] = (byte) 0x80;
            long bits = message.length * 8L;
            for (int i = 0; i < 8; i++) padded[padded.length - 1 - i] = (byte) (bits >>> (8 * i));
            int[] v = IV.clone();
            for (int at = 0; at < padded.length; at += 64) compress(v, padded, at);
            byte[] digest = new byte[32];
            for (int i = 0; i < 32; i++) digest[i] = (byte) (v[i / 4] >>> (24 - i % 4 * 8));
            return digest;
        }

        private static void compress(int[] v, byte[] block, int at) {
            int[] w = new int[68];
            for (int i = 0; i < 16; i++) {
                int p = at + i * 4;
                w[i] = (block[p] & 255) << 24 | (block[p + 1] & 255) << 16 | (block[p + 2] & 255) << 8 | block[p + 3] & 255;
            }
            for (int i = 16; i < 68; i++) {
                w[i] = p1(w[i - 16] ^ w[i - 9] ^ rotate(w[i - 3], 15)) ^ rotate(w[i - 13], 7) ^ w[i - 6];
            }
            int a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];
            for (int i = 0; i < 64; i++) {
                int t = rotate(i < 16 ? 0x79cc4519 : 0x7a879d8a, i % 32);
                int s1 = rotate(rotate(a, 12) + e + t, 7);
                int s2 = s1 ^ rotate(a, 12);
                int t1 = (i < 16 ? a ^ b ^ c : a & b | a & c | b & c) + d + s2 + (w[i] ^ w[i + 4]);
                int t2 = (i < 16 ? e ^ f ^ g : e & f | ~e & g) + h + s1 + w[i];
                d = c;
                c = rotate(b, 9);
                b = a;
                a = t1;
                h = g;
                g = rotate(f, 19);
                f = e;
                e = t2 ^ rotate(t2, 9) ^ rotate(t2, 17);
            }
            int[] next = {a, b, c, d, e, f, g, h};
            for (int i = 0; i < 8; i++) v[i] ^= next[i];
        }

        private static int rotate(int x, int n) {
            return Integer.rotateLeft(x, n);
        }

        private static int p1(int x) {
            return x ^ rotate(x, 15) ^ rotate(x, 23);
        }
    }
}
