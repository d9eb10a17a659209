import {
  Background,
  BaseEdge,
  Controls,
  Handle,
  MiniMap,
  Position,
  ReactFlow,
  useReactFlow,
  useStore,
  type Edge,
  type EdgeProps,
  type Node,
  type NodeProps,
} from '@xyflow/react'
import '@xyflow/react/dist/base.css'
import { useEffect, useMemo, useRef, type RefObject } from 'react'
import { cx } from '../ui/cx.ts'
import { Skeleton } from '../ui/Feedback.tsx'
import { StatusMark } from '../ui/Status.tsx'
import { describeStatus } from '../ui/status.ts'
import tones from '../ui/tones.module.css'
import styles from './graph.module.css'
import { nodeHeight, nodeWidth, pathThrough, routeKey, type LayoutResult, type Point } from './layout.ts'
import type { GraphNode, PreparedGraph } from './prepare-graph.ts'
import { useLayout } from './use-layout.ts'

export interface DagGraphProps {
  readonly graph: PreparedGraph
  readonly label: string
  readonly selected: string | undefined
  onSelect(id: string | undefined): void
  readonly height?: number
  /** The step that the pointer is on, here or in a twin of the graph. */
  readonly highlighted?: string | undefined
  onHighlight?(id: string | undefined): void
  /** Steps of the critical path: edges between them are drawn strongly. */
  readonly critical?: ReadonlySet<string>
}

type StepNode = Node<{ readonly step: GraphNode }, 'step'>

type RoutedEdge = Edge<{ readonly route: readonly Point[] }, 'routed'>

const nodeTypes = { step: StepCard }
const edgeTypes = { routed: RoutedLine }

const fitOptions = { padding: 0.15, maxZoom: 1 }

/** The steps as a graph, fitted to its box until the reader moves it. */
export function DagGraph({ graph, label, selected, onSelect, height = 520, highlighted, onHighlight, critical }: DagGraphProps) {
  const layout = useLayout(graph)
  const isMoved = useRef(false)
  const placedNodes = useMemo(
    () =>
      graph.nodes.map((step): StepNode => ({
        id: step.id,
        type: 'step',
        position: layout?.places[step.id] ?? { x: 0, y: 0 },
        data: { step },
        width: nodeWidth,
        height: nodeHeight,
        selected: step.id === selected,
        ariaLabel: [step.label, !step.isPlain && describeStatus(step.status).word, step.detail].filter(Boolean).join(', '),
      })),
    [graph, layout, selected],
  )
  // Only the node under the pointer is another object: the graph draws no other one anew.
  const nodes = useMemo(
    () => placedNodes.map((node) => (node.id === highlighted ? { ...node, className: styles.highlighted ?? '' } : node)),
    [placedNodes, highlighted],
  )
  const edges = useMemo(
    () => graph.edges.map((edge) => toEdge(edge, layout, critical?.has(edge.source) === true && critical.has(edge.target))),
    [graph, layout, critical],
  )
  if (!layout) return <Skeleton height={height} />
  return (
    <div className={styles.graph} style={{ height }} role="region" aria-label={label}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        fitView
        fitViewOptions={fitOptions}
        onMoveStart={(event) => {
          if (event) isMoved.current = true
        }}
        minZoom={0.05}
        maxZoom={2}
        nodesDraggable={false}
        nodesConnectable={false}
        onlyRenderVisibleElements={graph.nodes.length > 200}
        onNodeClick={(_, node) => onSelect(node.id)}
        onNodeMouseEnter={(_, node) => onHighlight?.(node.id)}
        onNodeMouseLeave={() => onHighlight?.(undefined)}
        onPaneClick={() => onSelect(undefined)}
        onNodesChange={(changes) => {
          const picked = changes.find((change) => change.type === 'select' && change.selected)
          if (picked?.type === 'select') onSelect(picked.id)
        }}
        preventScrolling={false}
      >
        <Background gap={20} size={1} />
        <Controls showInteractive={false} />
        <FitToWidth isMoved={isMoved} />
        {graph.nodes.length > 30 && <MiniMap pannable ariaLabel="Mini-map" />}
      </ReactFlow>
    </div>
  )
}

/** A window that was made narrower would leave the graph outside it. */
function FitToWidth({ isMoved }: { isMoved: RefObject<boolean> }) {
  const width = useStore((state) => state.width)
  const { fitView } = useReactFlow()
  useEffect(() => {
    if (width > 0 && !isMoved.current) void fitView(fitOptions)
  }, [width, fitView, isMoved])
  return null
}

function toEdge(edge: PreparedGraph['edges'][number], layout: LayoutResult | undefined, isCritical: boolean): Edge {
  const { tone, isLive } = describeStatus(edge.status)
  const isReached = tone === 'ok'
  const route = layout?.routes[routeKey(edge.source, edge.target)]
  return {
    id: edge.id,
    source: edge.source,
    target: edge.target,
    focusable: false,
    className: cx(
      styles.edge,
      isReached && styles.done,
      isLive && tone === 'info' && styles.moving,
      tone === 'bad' && styles.failed,
      isCritical && styles.criticalEdge,
    ),
    ...(edge.label && { label: edge.label }),
    ...(route && { type: 'routed', data: { route } }),
  }
}

/** An edge that passes other layers goes around their nodes, not behind them. */
function RoutedLine({ sourceX, sourceY, targetX, targetY, data, label, id }: EdgeProps<RoutedEdge>) {
  const route = data?.route ?? []
  const middle = route[Math.floor(route.length / 2)]
  const path = pathThrough([{ x: sourceX, y: sourceY }, ...route, { x: targetX, y: targetY }])
  return <BaseEdge id={id} path={path} {...(middle && label && { label, labelX: middle.x, labelY: middle.y })} />
}

function StepCard({ data, selected }: NodeProps<StepNode>) {
  const { step } = data
  const { word, tone } = describeStatus(step.status)
  return (
    <div className={cx(styles.step, tones[tone], selected && styles.selected)}>
      <Handle type="target" position={Position.Top} className={styles.port} />
      {!step.isPlain && <StatusMark status={step.status} size={16} />}
      <span className={styles.stepText}>
        <strong title={step.label}>{step.label}</strong>
        <small>{[!step.isPlain && word, step.detail].filter(Boolean).join(' · ')}</small>
      </span>
      <Handle type="source" position={Position.Bottom} className={styles.port} />
    </div>
  )
}
