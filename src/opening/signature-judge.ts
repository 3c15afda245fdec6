import { type Bytes, equalBytes, fromBase64, hex } from '#kernel/bytes.ts';
import { parseCertificate } from '#pki/certificate.ts';
import type { SignatureJudge } from './capsule/open.ts';
import type { SignerName } from './capsule/preface.ts';
import type { Room } from './room.ts';

/**
 * Who vouches inside a capsule. A certificate's signature is checked by its key alone: what was signed at sealing does not become unsigned because the certificate
 * ran out since. An HMAC under a secret that its unit has retired meanwhile can no longer be told from a wrong one; the content is fixed by the receipt and
 * the chunks' tags anyway, so it opens, and `unproved` is called.
 */
export async function signatureJudge(room: Room, unitId: string, unproved: () => void): Promise<SignatureJudge> {
  const { gm, relyingParties, store, signingKey } = room;
  const secrets = await relyingParties.liveSecrets(store.read, unitId);
  return (signer: SignerName, text: Bytes, signature: Bytes) => {
    switch (signer.by) {
      case 'bidder':
      case 'system': {
        const certificate = parseCertificate(gm, fromBase64(signer.certificate) ?? Buffer.alloc(0));
        return certificate?.key.kind === 'sm2' && gm.sm2.verify(certificate.key.publicKey, [text], signature);
      }
      case 'unit': {
        if (signer.unit !== unitId) return false;
        const right = secrets.some((secret) =>
          equalBytes(gm.hmacSm3(Buffer.from(secret.reveal(), 'utf8'), text), signature),
        );
        if (!right) unproved();
        return signature.length === 32;
      }
      case 'hub': {
        const own = signer.key === hex(signingKey.publicKey.point);
        // Sealed by this hub under an earlier signing key: the key stands in the capsule, whose bytes the receipt fixes.
        const key = gm.sm2.importPublic(Buffer.from(signer.key, 'hex'));
        if (!own) unproved();
        return key !== undefined && gm.sm2.verify(key, [text], signature);
      }
    }
  };
}
