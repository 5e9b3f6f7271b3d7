"""Reads recorded dialogues: STAR and TauBench, as they come in a folder of test data.

A message is what somebody said to somebody. Calls of tools, their results, the instructions to the
players of a role and the marks that end a simulation ("###STOP###") are none.
"""

import dataclasses
import gzip
import json
import re

END_MARK = re.compile(r'\s*###[A-Z]+###\s*')
HAND_OVER = 'transfer_to_human_agents'
SHOT_TURN = re.compile(r'\n(?=(?:user|assistant|tool|system): )')
HELPFUL = re.compile(r'stay calm and helpful', re.I)


@dataclasses.dataclass
class Message:
    author: str            # customer | ai
    text: str
    at: int | None = None  # seconds since 1970; None: the recording has no times


@dataclasses.dataclass
class Dialogue:
    id: str
    source: str
    messages: list
    escalated_after: int | None = None  # so many messages came before
    reason: str = ''
    score: int | None = None
    topics: list = dataclasses.field(default_factory=list)


def lines_of(path):
    opened = gzip.open if path.suffix == '.gz' else open
    with opened(path, 'rt', encoding='utf-8') as file:
        return [json.loads(line) for line in file if line.strip()]


def spoken(text):
    """The text without marks of the simulation; None where nothing is left."""
    if not isinstance(text, str):
        return None
    if '###' in text:
        text = END_MARK.sub(' ', text).strip()
    return text if text.strip() else None


def star(row):
    dialogue = Dialogue(f'star-{row["id"]}', 'star', [], topics=[t for t in row.get('domains') or [] if t])
    authors = {('User', 'utter'): 'customer', ('Wizard', 'utter'): 'ai',
               ('Wizard', 'pick_suggestion'): 'ai'}
    for event in row['events']:
        author = authors.get((event['agent'], event['action']))
        text = spoken(event.get('Text'))
        if author and text:
            dialogue.messages.append(Message(author, text, event['t']))
    for answer in row.get('user_survey') or []:
        if HELPFUL.search(answer['Question']) and isinstance(answer['Answer'], bool):
            dialogue.score = 5 if answer['Answer'] else 1
    return dialogue


def trajectory(row):
    dialogue = Dialogue(f'airline-{row["task_id"]}-{row["trial"]}', 'taubench', [])
    authors = {'user': 'customer', 'assistant': 'ai'}
    for turn in row['turns']:
        author, text = authors.get(turn['role']), spoken(turn.get('content'))
        if author and text:
            dialogue.messages.append(Message(author, text))
        for call in turn.get('tool_calls') or []:
            if call['function']['name'] == HAND_OVER:
                escalate(dialogue, json.loads(call['function']['arguments']).get('summary', ''))
    return dialogue


def shot(name, number, row):
    """A whole dialogue in one text, a turn begins with who speaks. "None" is a call of a tool."""
    dialogue = Dialogue(f'{name}-shot-{number}', 'taubench', [])
    for turn in SHOT_TURN.split(row['messages_display']):
        speaker, _, text = turn.partition(': ')
        if speaker == 'tool' and text.strip() == 'Transfer successful':
            escalate(dialogue, '')
        text = spoken(text)
        if speaker == 'user' and text:
            dialogue.messages.append(Message('customer', text))
        if speaker == 'assistant' and text and text != 'None':
            dialogue.messages.append(Message('ai', text))
    return dialogue


def escalate(dialogue, reason):
    if dialogue.escalated_after is None:
        dialogue.escalated_after = len(dialogue.messages)
        dialogue.reason = reason or 'The customer asks for a person.'


def read_dialogues(folder):
    """All dialogues with at least two messages, ids unique."""
    found = [star(row) for row in lines_of(folder / 'star/dialogues.jsonl.gz')]
    found += [trajectory(row) for row in lines_of(folder / 'taubench/airline_trajectories.jsonl.gz')]
    for name in ('airline', 'retail'):
        rows = lines_of(folder / f'taubench/{name}_fewshot.jsonl')
        found += [shot(name, number, row) for number, row in enumerate(rows)]
    unique = {dialogue.id: dialogue for dialogue in found if len(dialogue.messages) > 1}
    return list(unique.values())
