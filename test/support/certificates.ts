import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** PEM texts of a certificate and its private key (PKCS #8). */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Identity {
  /** A certificate for 127.0.0.1 and localhost that this authority has signed. */
  sign(name: string, validity?: Validity): Identity;
}

/** First and last moment as ASN.1 writes them: YYMMDDHHMMSSZ. */
export interface Validity {
  readonly from: string;
  readonly to: string;
}

export const EXPIRED: Validity = { from: '200101000000Z', to: '200201000000Z' };

/** Makes an authority of its own with OpenSSL; its files lie in the folder. */
export function makeAuthority(folder: string, name: string): Authority {
  const path = (file: string): string => join(folder, `${name}-${file}`);
  const openssl = (...args: readonly string[]): void =>
    void execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const [caKey, caCert] = [path('ca.key'), path('ca.pem')];
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', caKey);
  openssl('req', '-x509', '-new', '-key', caKey, '-subj', `/CN=${name}`, '-days', '2', '-out', caCert);
  // `openssl ca` alone can sign for a time that has passed; it keeps a list of what it signed.
  writeFileSync(path('index'), '');
  writeFileSync(
    path('ca.conf'),
    `[ca]
default_ca = own
[own]
database = ${path('index')}
new_certs_dir = ${folder}
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[names]
subjectAltName = IP:127.0.0.1, DNS:localhost
`,
  );

  return {
    cert: readFileSync(caCert, 'utf8'),
    key: readFileSync(caKey, 'utf8'),
    sign(subject, validity) {
      const [key, request, cert] = [`${subject}.key`, `${subject}.csr`, `${subject}.pem`].map(path);
      if (key === undefined || request === undefined || cert === undefined) throw new Error('three names');
      const signed = ['-config', path('ca.conf'), '-cert', caCert, '-keyfile', caKey, '-extensions', 'names'];
      const times =
        validity === undefined ? ['-days', '2'] : ['-startdate', validity.from, '-enddate', validity.to];
      openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key);
      openssl('req', '-new', '-key', key, '-subj', `/CN=${subject}`, '-out', request);
      openssl('ca', ...signed, ...times, '-batch', '-notext', '-in', request, '-out', cert);
      return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
    },
  };
}
