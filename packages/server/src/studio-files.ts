import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import type { ApiReply, UnroutedHandler } from './kernel/http/index.ts'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json; charset=utf-8',
}

const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/**
 * Serves the built studio: the files that exist at start, nothing else, and its page for every address a browser navigates to.
 * @param directory the build; when it is missing, pages say so instead
 */
export function studioFiles(directory: string): UnroutedHandler {
  const files = readFiles(directory)
  return (request): ApiReply | undefined => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
    const path = decodeURIComponent(request.url.split('?')[0] ?? '/')
    const file = files.get(path)
    if (file !== undefined && path !== '/index.html') {
      const immutable = path.startsWith('/assets/')
      return {
        headers: {
          'content-type': types[extname(path)] ?? 'application/octet-stream',
          'cache-control': immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
        },
        raw: file,
      }
    }
    if (!(request.headers.accept ?? '').includes('text/html') || /^\/(subscriptions|mlflow|blob|store|assets)(\/|$)/.test(path))
      return undefined
    const page = files.get('/index.html')
    return {
      headers: {
        'content-type': types['.html'] ?? '',
        'content-security-policy': pagePolicy,
        'cross-origin-opener-policy': 'same-origin',
      },
      raw:
        page ??
        '<!doctype html><title>Fulcrum</title><p>The studio is not built. Run <code>npm run build</code> and start again.',
    }
  }
}

function readFiles(directory: string): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  if (!existsSync(directory)) return files
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files.set(`/${relative(directory, path).split(sep).join('/')}`, readFileSync(path))
  }
  return files
}
