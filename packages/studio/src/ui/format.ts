const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** "just now", "4 min ago", "in 3 h", "12 Mar 2026" beyond thirty days. Both arguments in milliseconds since 1970. */
export function formatRelative(timeMs: number, nowMs: number): string {
  const distance = Math.abs(nowMs - timeMs)
  if (distance < 10_000) return 'just now'
  if (distance > 30 * dayMs) return formatDate(timeMs)
  const text =
    distance < minuteMs
      ? `${Math.floor(distance / 1000)} s`
      : distance < hourMs
        ? `${Math.floor(distance / minuteMs)} min`
        : distance < dayMs
          ? `${Math.floor(distance / hourMs)} h`
          : `${Math.floor(distance / dayMs)} d`
  return timeMs <= nowMs ? `${text} ago` : `in ${text}`
}

const dateFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
const dateTimeFormat = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
})

/** "12 Mar 2026" in the reader's time zone. */
export function formatDate(timeMs: number): string {
  return dateFormat.format(timeMs)
}

/** "12 Mar 2026, 14:03:22 UTC" in the reader's time zone. */
export function formatDateTime(timeMs: number): string {
  return dateTimeFormat.format(timeMs)
}

/** "340 ms", "4.2 s", "3 min 07 s", "2 h 05 min", "3 d 4 h" from milliseconds. */
export function formatDuration(durationMs: number): string {
  if (!Number.isFinite(durationMs) || durationMs < 0) return '–'
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`
  if (durationMs < 9_950) return `${(durationMs / 1000).toFixed(1)} s`
  const seconds = Math.round(durationMs / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}

/** "812 B", "1.4 KiB", "3.20 GiB": binary units, three significant digits. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return '–'
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1)
  const value = bytes / 1024 ** power
  const digits = power === 0 ? 0 : value < 10 ? 2 : value < 100 ? 1 : 0
  return `${value.toFixed(digits)} ${units[power]}`
}

const compactFormat = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })
const plainFormat = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 4 })

/** Four significant digits for metrics: "0.8731", "12,040", "1.2e-7", "3.4M". */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞'
  const size = Math.abs(value)
  if (size !== 0 && size < 0.001) return value.toExponential(2)
  if (size >= 1_000_000) return compactFormat.format(value)
  if (size >= 1000) return plainFormat.format(Math.round(value))
  return plainFormat.format(Number(value.toPrecision(4)))
}

/** "87.3 %" from a share between 0 and 1. */
export function formatPercent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`
}
