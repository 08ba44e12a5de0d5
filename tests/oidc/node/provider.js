// A provider of sign-ins by npm oidc-provider, for one client and its people; it says its port when it listens.
// ISSUER_PORT, CLIENT_SECRET and REDIRECT_URI come from the test. Whoever signs in is who the form's login says.
import Provider from 'oidc-provider';

const port = Number(process.env.ISSUER_PORT);
const groups = { vera: ['marketing'], olga: ['audit', 'marketing'], nobody: [] };
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'coalition',
    client_secret: process.env.CLIENT_SECRET,
    redirect_uris: [process.env.REDIRECT_URI],
    grant_types: ['authorization_code'],
    response_types: ['code'],
  }],
  pkce: { required: () => true },
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], groups: ['groups'] },
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `The ${id}`, preferred_username: id, groups: groups[id] ?? [] }),
  }),
  cookies: { keys: ['only in tests'] },
});
provider.listen(port, '127.0.0.1', () => console.log('listening'));
