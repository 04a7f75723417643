import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A certificate that only those trust who are given it. */
export interface TestCertificate {
  readonly certFile: string
  readonly keyFile: string
  /** The certificate as PEM text. */
  readonly text: string
}

/**
 * Makes a certificate of two days in a folder, by openssl.
 * @param name the host that it names, such as `DNS:flags.example.com` or `IP:127.0.0.1`
 */
export function makeCertificate(folder: string, name: string): TestCertificate {
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const subject = ['-subj', `/CN=${name.replace(/^\w+:/, '')}`, '-addext', `subjectAltName=${name}`]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const files = ['-keyout', keyFile, '-out', certFile]
  execFileSync('openssl', ['req', '-x509', '-days', '2', ...key, ...subject, ...files], {
    stdio: 'pipe',
  })
  return { certFile, keyFile, text: readFileSync(certFile, 'utf8') }
}
