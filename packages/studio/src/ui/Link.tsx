import type { AnchorHTMLAttributes, MouseEvent } from 'react'
import { cx } from './cx.ts'
import styles from './Link.module.css'
import { useNavigation } from './navigation.tsx'

export interface LinkProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  readonly href: string
  /** `quiet` looks like text until hovered; `bare` brings no style at all. */
  readonly look?: 'link' | 'quiet' | 'bare'
}

/** A link; paths of this origin change the page without a reload, modified clicks keep the browser's behaviour. */
export function Link({ href, look = 'link', className, onClick, ...rest }: LinkProps) {
  const { push } = useNavigation()
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event)
    const isPlainClick = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
    if (event.defaultPrevented || !isPlainClick || !href.startsWith('/') || href.startsWith('//') || rest.target) return
    event.preventDefault()
    push(href)
  }
  return <a href={href} className={cx(look !== 'bare' && styles[look], className)} onClick={follow} {...rest} />
}
