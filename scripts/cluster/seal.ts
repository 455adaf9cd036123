import { constants, createCipheriv, publicEncrypt, randomBytes, X509Certificate } from 'node:crypto'
import type { KubernetesObject } from '../kubernetes/kinds.ts'
import { type Problem, ProblemError } from '../lib/problems.ts'

/** The Secret a SealedSecret becomes. */
export interface SealTarget {
  readonly namespace: string
  readonly name: string
  /** Labels of the Secret. Default: none */
  readonly labels?: Readonly<Record<string, string>>
}

export interface SealOptions {
  /** Where the certificate is from, for messages. Default: `the certificate` */
  readonly where?: string
  /** Default: the current time. */
  readonly now?: Date
}

export interface SealedSecret extends KubernetesObject {
  readonly apiVersion: 'bitnami.com/v1alpha1'
  readonly kind: 'SealedSecret'
  readonly spec: {
    /** Base64 text by key of the Secret. */
    readonly encryptedData: Readonly<Record<string, string>>
    readonly template: { readonly type: 'Opaque'; readonly metadata: KubernetesObject['metadata'] }
  }
}

/**
 * Seals values so that only the controller of one cluster can open them, and only as this name in this namespace
 * (`strict` scope). Nothing but the certificate's public key is used.
 *
 * @param certificatePem what `kubeseal --fetch-cert` prints
 * @param data values by key of the Secret
 * @throws ProblemError with the errors of `checkSealingCertificate`
 */
export function seal(
  certificatePem: string,
  { namespace, name, labels }: SealTarget,
  data: Readonly<Record<string, string>>,
  options: SealOptions = {},
): SealedSecret {
  const problems = checkSealingCertificate(certificatePem, options).filter(({ severity }) => severity !== 'warning')
  const publicKey = firstCertificate(certificatePem)?.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  if (problems.length > 0 || publicKey === undefined) throw new ProblemError(problems)
  const scope = `${namespace}/${name}`
  const sealed = Object.entries(data).map(([key, value]) => [key, encrypt(publicKey, scope, value)])
  return {
    apiVersion: 'bitnami.com/v1alpha1',
    kind: 'SealedSecret',
    metadata: { name, namespace },
    spec: {
      encryptedData: Object.fromEntries(sealed),
      template: { type: 'Opaque', metadata: { name, namespace, ...(labels ? { labels } : {}) } },
    },
  }
}

/**
 * All problems of a certificate at once; and, as a warning, that a file holds several of which only the
 * first is used. The text is never quoted: it may be a private key by mistake.
 */
export function checkSealingCertificate(certificatePem: string, options: SealOptions = {}): Problem[] {
  const { where = 'the certificate', now = new Date() } = options
  const problem = (code: string, fact: string, severity: Problem['severity'] = 'error'): Problem => ({
    code,
    where,
    message: `${fact} Expected the certificate of the cluster's sealed-secrets controller.`,
    fix: 'Fetch it again: kubeseal --fetch-cert > cert.pem',
    severity,
  })
  const certificate = firstCertificate(certificatePem)
  if (!certificate) return [problem('SEAL_CERTIFICATE_UNREADABLE', 'does not hold a certificate in PEM form.')]
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey
  const bits = asymmetricKeyDetails?.modulusLength ?? 0
  const [from, until] = [new Date(certificate.validFrom), new Date(certificate.validTo)]
  const isRsa = asymmetricKeyType === 'rsa'
  const found: (Problem | false)[] = [
    !isRsa && problem('SEAL_CERTIFICATE_NOT_RSA', `has a key of type ${asymmetricKeyType}, not RSA.`),
    isRsa && bits < 2048 && problem('SEAL_CERTIFICATE_WEAK', `has an RSA key of ${bits} bits, fewer than 2048.`),
    until < now && problem('SEAL_CERTIFICATE_EXPIRED', `expired at ${until.toISOString()}.`),
    from > now && problem('SEAL_CERTIFICATE_NOT_YET_VALID', `is not valid before ${from.toISOString()}.`),
    blocksOf(certificatePem).length > 1 &&
      problem('SEAL_CERTIFICATE_SEVERAL', 'holds several certificates, and the first is used.', 'warning'),
  ]
  return found.filter((one) => one !== false)
}

// --- internal ---

function blocksOf(pem: string): readonly string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
}

function firstCertificate(pem: string): X509Certificate | undefined {
  try {
    const [first] = blocksOf(pem)
    return first === undefined ? undefined : new X509Certificate(first)
  } catch {
    return undefined
  }
}

/**
 * Length of the encrypted session key (two bytes), the session key (RSA-OAEP, SHA-256, the scope as label), the value
 * (AES-256-GCM). Source: sealed-secrets, pkg/crypto/crypto.go.
 */
function encrypt(publicKey: string, scope: string, value: string): string {
  const sessionKey = randomBytes(32)
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256', oaepLabel: Buffer.from(scope) }
  const encryptedKey = publicEncrypt({ key: publicKey, ...padding }, sessionKey)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(encryptedKey.length)
  // A nonce of zeros is safe here: each session key is used once.
  const cipher = createCipheriv('aes-256-gcm', sessionKey, Buffer.alloc(12))
  const encrypted = Buffer.concat([cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return Buffer.concat([length, encryptedKey, encrypted]).toString('base64')
}
