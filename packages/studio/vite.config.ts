import { defineConfig } from 'vite'
import react from '@vitejs/plugin-react'

/** Where the development server finds the API: the plain-HTTP port of a local `fulcrum up`. */
const apiOrigin = 'http://127.0.0.1:7180'
const apiPaths = [
  '/subscriptions',
  '/providers',
  '/auth',
  '/events',
  '/history',
  '/mlflow',
  '/artifacts',
  '/batch',
  '/metrics',
  '/openapi.json',
]

export default defineConfig({
  plugins: [react()],
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(apiPaths.map((path) => [path, { target: apiOrigin, changeOrigin: true }])),
  },
  preview: { host: '127.0.0.1' },
  build: {
    manifest: true,
    // The content security policy has no `data:` for fonts and no inline scripts: nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // light-dark() and oklch() reach the browser as written; lowering them would need generated selectors per theme.
    cssTarget: ['chrome123', 'firefox128', 'safari17.5'],
    chunkSizeWarningLimit: 800,
  },
})
