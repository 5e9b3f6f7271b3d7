#!/usr/bin/env python3
"""Writes the calls that a site would send for recorded dialogues, and what a CRM must then show.

  make_input.py DATA_FOLDER OUT SEED [DIALOGUES]

OUT/calls.jsonl: {"lane", "call"} one a line, in the order in which things happened, "call" as
Segment's client takes it. OUT/truth.json: per customer the e-mail, company and conversations, read
from the dialogues and not from the calls.
"""

import json
import pathlib
import random
import sys

from customers import device, make_customers, written_email, written_name, written_phone
from dialogues import read_dialogues

CUSTOMERS = 120
LANES = 4              # a customer's calls stay in one, in their order
MARKED = 20            # dialogues without a hand-over that get one
ANONYMOUS_SHARE = 0.2  # dialogues that begin before the customer is known
PASSERS_BY = 6         # visitors of whom nothing is ever known
REPEATED_SHARE = 0.02  # calls that are sent a second time
FIRST_DAY = 1715731200  # of dialogues without times: 2024-05-15


def pick(dialogues, count, chance):
    """Every recorded hand-over, other TauBench dialogues up to half of all, the rest from STAR."""
    handed = [d for d in dialogues if d.escalated_after is not None]
    tau = [d for d in dialogues if d.source == 'taubench' and d.escalated_after is None]
    stars = [d for d in dialogues if d.source == 'star']
    chosen = handed + chance.sample(tau, min(len(tau), max(0, count // 2 - len(handed))))
    chosen += chance.sample(stars, min(len(stars), max(0, count - len(chosen))))
    return chosen


def mark_hand_overs(dialogues, chance):
    stars = [d for d in dialogues if d.source == 'star']
    for dialogue in chance.sample(stars, min(MARKED, len(stars))):
        dialogue.escalated_after = chance.randint(1, len(dialogue.messages))
        dialogue.reason = 'The customer would rather talk to a person.'


def set_times(dialogue, chance):
    """Milliseconds: those recorded, else evenly mixed pauses on some day."""
    at = (FIRST_DAY + chance.randrange(30 * 86400)) * 1000 + chance.randrange(1000)
    for message in dialogue.messages:
        at += chance.randrange(3_000, 90_000)
        message.at = at if message.at is None else message.at * 1000


class Site:
    """Collects the calls of one customer's dialogue in the order they are made."""

    def __init__(self, customer, device_id, chance):
        self.customer, self.device, self.chance = customer, device_id, chance
        self.calls = []
        self.identity = {'anonymousId': device_id}

    def add(self, kind, at, **members):
        self.calls.append((at, {'type': kind, **self.identity, **members}))

    def track(self, at, event, **properties):
        self.add('track', at, event=event, properties=properties)

    def log_in(self, at, whole):
        """The customer is known from now on; `whole`: all that is known of them is sent."""
        customer, chance = self.customer, self.chance
        traits = {'email': written_email(customer, chance)}
        if customer.phone and (whole or chance.random() < 0.5):
            traits['phone'] = written_phone(customer.phone, chance)
        if whole or chance.random() < 0.5:
            traits |= written_name(customer, chance)
        if customer.external_id:
            if chance.random() < 0.3:
                self.calls.append((at, {'type': 'alias', 'userId': customer.external_id,
                                        'previousId': self.device}))
            self.identity = {'userId': customer.external_id, 'anonymousId': self.device}
        self.add('identify', at, traits=traits)

    def on_server(self):
        """Calls from the site's server, which knows the customer and no device."""
        self.identity = {'userId': self.customer.external_id}


def choose_entries(count, chance, customer):
    """How the customer is known in each dialogue; at least one tells all."""
    ways = ['login', 'login', 'form'] + (['server'] if customer.external_id else [])
    entries = ['anonymous' if chance.random() < ANONYMOUS_SHARE else chance.choice(ways)
               for _ in range(count)]
    if not {'login', 'anonymous'} & set(entries):
        entries[chance.randrange(count)] = 'login'
    return entries


def calls_of(dialogue, customer, entry, whole, chance):
    site = Site(customer, chance.choice(customer.devices), chance)
    log_in_before = chance.randint(1, len(dialogue.messages)) if entry == 'anonymous' else None
    first, last = dialogue.messages[0].at, dialogue.messages[-1].at
    started = {'channel': 'web_chat', 'url': url_of(dialogue), 'topics': dialogue.topics}
    if entry == 'login':
        site.log_in(first, whole)
    if entry == 'server':
        site.on_server()
    if entry == 'form':
        started['email'] = written_email(customer, chance)
    site.track(first, 'conversation.started', conversation_id=dialogue.id, **started)
    at = first
    for number, message in enumerate(dialogue.messages):
        if number == dialogue.escalated_after:
            hand_over(site, at, dialogue)
        if number == log_in_before:
            site.log_in(message.at, whole)
        at = message.at
        site.track(at, 'message.sent', conversation_id=dialogue.id, author=message.author,
                   text=message.text)
    if dialogue.escalated_after == len(dialogue.messages):
        hand_over(site, last, dialogue)
    if log_in_before == len(dialogue.messages):
        site.log_in(last, whole)
    site.track(last, 'conversation.ended', conversation_id=dialogue.id)
    if dialogue.score is not None:
        site.track(last, 'satisfaction.received', conversation_id=dialogue.id, score=dialogue.score)
    return site.calls


def hand_over(site, at, dialogue):
    site.track(at, 'conversation.escalated', conversation_id=dialogue.id, reason=dialogue.reason)


def url_of(dialogue):
    return f'https://shop.example/chats/{dialogue.id}'


def passers_by(chance):
    calls = []
    for number in range(PASSERS_BY):
        identity = {'anonymousId': device(chance)}
        at = (FIRST_DAY + number * 3600) * 1000
        calls.append((at, number % LANES, {'type': 'page', 'name': 'Prices', **identity}))
        calls.append((at + 5000, number % LANES, {
            'type': 'track', 'event': 'message.sent', **identity,
            'properties': {'conversation_id': f'passer-by-{number}', 'author': 'customer',
                           'text': 'Is anybody there?'}}))
    return calls


def in_order(calls, chance):
    """By time, numbered, times as text; some calls come a second time, a little later."""
    ordered = []
    for number, (at, lane, call) in enumerate(sorted(calls, key=lambda c: c[0])):
        call |= {'messageId': f'm-{number:06}', 'timestamp': at}
        ordered.append((number, lane, call))
        if chance.random() < REPEATED_SHARE:
            ordered.append((number + chance.randint(1, 200), lane, call))
    ordered.sort(key=lambda entry: entry[0])
    return [{'lane': lane, 'call': call} for _, lane, call in ordered]


def truth_of(customer, dialogues):
    return {
        'key': customer.key, 'email': customer.email, 'domain': customer.domain,
        'phone': customer.phone, 'first': customer.first, 'last': customer.last,
        'conversations': [{
            'url': url_of(d), 'messages': [[m.author, m.text] for m in d.messages],
            'escalated_after': d.escalated_after, 'score': d.score,
        } for d in dialogues],
    }


def make(folder, seed, count):
    chance = random.Random(seed)
    dialogues = pick(read_dialogues(folder), count, chance)
    mark_hand_overs(dialogues, chance)
    chance.shuffle(dialogues)
    customers = make_customers(CUSTOMERS, chance)[:len(dialogues)]
    of_customer = {customer.number: [] for customer in customers}
    for number, dialogue in enumerate(dialogues):
        set_times(dialogue, chance)
        who = customers[number] if number < len(customers) else chance.choice(customers)
        of_customer[who.number].append(dialogue)
    calls = passers_by(chance)
    for customer in customers:
        own = of_customer[customer.number]
        entries = choose_entries(len(own), chance, customer)
        telling = [i for i, entry in enumerate(entries) if entry in ('login', 'anonymous')]
        for i, dialogue in enumerate(own):
            made = calls_of(dialogue, customer, entries[i], i == telling[0], chance)
            calls += [(at, customer.number % LANES, call) for at, call in made]
    truth = [truth_of(customer, of_customer[customer.number]) for customer in customers]
    return in_order(calls, chance), truth


def write(out, calls, truth):
    out.mkdir(parents=True, exist_ok=True)
    with open(out / 'calls.jsonl', 'w', encoding='utf-8') as file:
        for call in calls:
            file.write(json.dumps(call, ensure_ascii=False) + '\n')
    (out / 'truth.json').write_text(json.dumps(truth, ensure_ascii=False, indent=1), 'utf-8')
    conversations = [c for t in truth for c in t['conversations']]
    print(f'{len(conversations)} dialogues with {sum(len(c["messages"]) for c in conversations)} '
          f'messages and {sum(c["escalated_after"] is not None for c in conversations)} escalations of '
          f'{len(truth)} customers: {len(calls)} calls', flush=True)


def main():
    folder, out, seed = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
    write(out, *make(folder, seed, int(sys.argv[4]) if len(sys.argv) > 4 else 400))


if __name__ == '__main__':
    main()
