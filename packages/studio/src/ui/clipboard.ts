import { useEffect, useRef, useState } from 'react'

/** @returns a copy function and whether it just worked; the flag falls back after two seconds */
export function useCopy(): { readonly isCopied: boolean; copy(text: string): void } {
  const [isCopied, setCopied] = useState(false)
  const timer = useRef<number>(undefined)
  useEffect(() => () => window.clearTimeout(timer.current), [])
  const copy = (text: string) => {
    writeText(text).then(
      () => {
        setCopied(true)
        window.clearTimeout(timer.current)
        timer.current = window.setTimeout(() => setCopied(false), 2000)
      },
      () => setCopied(false),
    )
  }
  return { isCopied, copy }
}

/** The clipboard interface exists only over HTTPS and on localhost; elsewhere a hidden text area does it. */
async function writeText(text: string): Promise<void> {
  if ('clipboard' in navigator) return navigator.clipboard.writeText(text)
  const area = document.createElement('textarea')
  area.value = text
  area.className = 'visually-hidden'
  document.body.append(area)
  area.select()
  document.execCommand('copy')
  area.remove()
}
