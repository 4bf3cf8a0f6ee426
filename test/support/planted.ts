import { createPrivateKey } from 'node:crypto';
import { makeAuthority } from './certificates.js';

/** Stands in every secret of `plantedSettings`, but for the private keys, which cannot hold it. */
export const PLANTED = 'planted';

export interface PlantedSettings {
  /** Sections of a configuration that sets every secret there is; `sasl` by one mechanism of two. */
  readonly sections: Readonly<Record<string, unknown>>;
  /** What no output may hold. */
  readonly secrets: readonly string[];
}

/** @param folder for the certificates */
export function plantedSettings(folder: string, mechanism: 'PLAIN' | 'OAUTHBEARER'): PlantedSettings {
  const { cert, key: plain } = makeAuthority(folder, 'planted-authority').sign('worker');
  const passphrase = `${PLANTED}-passphrase`;
  const key = createPrivateKey(plain).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase,
  });
  const tls = { cert, key: String(key), passphrase };
  const sasl = {
    PLAIN: { mechanism, username: 'worker', password: `${PLANTED}-password` },
    OAUTHBEARER: {
      mechanism,
      tokenEndpoint: `http://user:${PLANTED}-user@127.0.0.1:1/token?key=${PLANTED}-query`,
      clientId: 'worker',
      clientSecret: `${PLANTED}-client-secret`,
    },
  }[mechanism];
  // The password of Redis is in the address or beside it.
  const redis = {
    PLAIN: { url: 'rediss://127.0.0.1:1', username: 'worker', password: `${PLANTED}-password` },
    OAUTHBEARER: { url: `rediss://worker:${PLANTED}-password@127.0.0.1:1/0?name=${PLANTED}-query` },
  }[mechanism];
  const name = (kind: string) => ({ name: kind, kind });
  return {
    sections: {
      streams: { kafka: { brokers: ['127.0.0.1:1'], tls: { enabled: true, ...tls }, sasl } },
      redis: { ...redis, tls },
      sources: {
        rss: { feeds: [`https://user:${PLANTED}-password@feeds.example/news?key=${PLANTED}-query`] },
        mastodon: { instances: [{ url: 'https://mastodon.example', token: `${PLANTED}-token` }] },
        reddit: { clientId: 'worker', clientSecret: `${PLANTED}-client-secret` },
      },
      output: { authorKey: `${PLANTED}-author-key` },
      api: {
        sessionKey: `${PLANTED}-session-key-of-32-characters`,
        tokens: [{ name: 'ops', scopes: ['read'], sha256: 'abc123'.repeat(11).slice(0, 64) }],
      },
      alerting: {
        receivers: [
          { ...name('webhook'), url: `https://hooks.example/${PLANTED}`, secret: `${PLANTED}-secret` },
          {
            ...name('alertmanager'),
            url: `https://user:${PLANTED}-password@alertmanager.example`,
            bearerToken: `${PLANTED}-token`,
          },
          { ...name('pagerduty'), routingKey: `${PLANTED}-routing-key` },
          { ...name('slack'), url: `https://hooks.example/services/${PLANTED}` },
          { ...name('teams'), url: `https://hooks.example/workflows?sig=${PLANTED}` },
          {
            ...name('email'),
            host: 'mail.example',
            from: 'a@example.com',
            to: ['b@example.com'],
            user: 'worker',
            password: `${PLANTED}-password`,
          },
        ],
      },
    },
    secrets: [PLANTED, 'abc123', String(key).split('\n')[1] ?? ''],
  };
}
