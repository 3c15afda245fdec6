// The peer: oidc-provider from npm with its in-memory adapter, as its own example runs it, login and consent answered at once.
//   node server.mjs <folder it was installed into> <port> <signing algorithm> <redirect uri>
import { generateKeyPairSync } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, port, algorithm, redirectUri] = process.argv.slice(2);
const require = createRequire(join(folder, 'package.json'));
const { Provider } = await import(pathToFileURL(require.resolve('oidc-provider')).href);

const pair =
  algorithm === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: 2048 });
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'bench',
      client_secret: 'bench-secret',
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'client_secret_post',
      id_token_signed_response_alg: algorithm,
    },
  ],
  jwks: { keys: [{ ...pair.privateKey.export({ format: 'jwk' }), alg: algorithm, use: 'sig', kid: 'bench' }] },
  cookies: { keys: ['a key of the bench for signed cookies'] },
  claims: { openid: ['sub'], profile: ['name'] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_ctx, sub) => ({ accountId: sub, claims: async () => ({ sub, name: 'Bidder' }) }),
});

// One step where a person would see two pages: the cheapest way through that the library offers.
provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  const { params, prompt } = await provider.interactionDetails(ctx.req, ctx.res);
  const grant = new provider.Grant({ accountId: 'bidder', clientId: params.client_id });
  grant.addOIDCScope(String(params.scope));
  const grantId = await grant.save();
  if (prompt.name !== 'login' && prompt.name !== 'consent') throw new Error(`unexpected prompt ${prompt.name}`);
  const location = await provider.interactionResult(ctx.req, ctx.res, {
    login: { accountId: 'bidder' },
    consent: { grantId },
  });
  ctx.redirect(location);
});

const server = provider.listen(Number(port), '127.0.0.1', () => process.send?.({ port: Number(port) }));
server.keepAliveTimeout = 60_000;
process.on('disconnect', () => process.exit(0));
