import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'

export interface ProbeOptions {
  /** `http:` or `https:`. */
  readonly url: string
  /** PEM text of the certificate authority. */
  readonly ca?: string
  readonly token?: string
  /** A Unix socket to connect to in place of the URL's host. */
  readonly socketPath?: string
}

/** Whether the address answers with status 200. Never rejects; gives up after two seconds. */
export function answersOk({ url, ca, token, socketPath }: ProbeOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const request = (url.startsWith('https:') ? httpsRequest : httpRequest)(
      url,
      {
        agent: false,
        timeout: 2000,
        ...(ca === undefined ? {} : { ca }),
        ...(socketPath === undefined ? {} : { socketPath }),
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      },
      (response) => {
        response.resume()
        resolve(response.statusCode === 200)
      },
    )
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(false))
    request.end()
  })
}
