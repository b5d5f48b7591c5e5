// Plain text on a wire is allowed to this very machine and to nobody else (architecture, section 7).

/** @param host as in a URL: a name, an IPv4 address, or an IPv6 address with or without its brackets */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host)
}

/** Whether a URL is encrypted, or stays on this machine. @param encrypted such as `https:` */
export function isSafeUrl(url: string, encrypted: readonly string[]): boolean {
  const parsed = URL.parse(url)
  return parsed !== null && (encrypted.includes(parsed.protocol) || isLoopback(parsed.hostname))
}
