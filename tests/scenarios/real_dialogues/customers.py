"""Made-up customers with two to four identifiers each, written as people and sites write them."""

import dataclasses
import uuid

GIVEN = ['Ana', 'Ben', 'Chiara', 'David', 'Elif', 'Farid', 'Grace', 'Hana', 'Ivan', 'Julia',
         'Kofi', 'Lena', 'Mateo', 'Nadia', 'Omar', 'Priya', 'Quentin', 'Rosa', 'Sven', 'Tara']
FAMILY = ['Lee', 'Moreau', 'Okafor', 'Silva', 'Novak', 'Brandt', 'Haddad', 'Tanaka', 'Rossi', 'Kaya']
COMPANIES = ['brightleaf-rail.com', 'hartmann-werkzeuge.de', 'northgate-foods.co.uk',
             'outback-solar.com.au', 'lumen-atelier.fr', 'kitano-robotics.co.jp', 'quietharbor.io',
             'cedar-and-finch.com', 'aqua-systeme.de', 'pinewood-clinic.org', 'velo-express.nl',
             'orbit-ledger.net', 'casa-verde.com.br', 'tidewater-cargo.com', 'maple-hollow.ca']
PARTS = ['', '', '', 'mail.', 'eu.']  # of a company's domain, before its name
FREE = ['gmail.com', 'yahoo.com', 'outlook.com', 'web.de', 'gmx.de', 'hotmail.co.uk', 'icloud.com',
        'proton.me']
PHONES = ['+1212555%04d', '+4930123%04d', '+4420794%05d']
PHONE_STYLES = {
    '+1': ['{e164}', '({a}) {b}-{c}', '1-{a}-{b}-{c}', '+1 {a}.{b}.{c}', '{a} {b} {c}'],
    '+4': ['{e164}', '{spaced}', '{zeros}', '{brackets}'],
}
HOME_REGION = 'US'  # numbers without a country code are of here


@dataclasses.dataclass
class Customer:
    number: int
    first: str
    last: str
    email: str           # lower case
    domain: str | None   # the company's, None for free mail
    external_id: str | None
    phone: str | None    # E.164
    devices: list

    @property
    def key(self):
        return f'customer-{self.number:03}'


def written_email(customer, chance):
    """The customer's address in some case, now and then with blanks around it."""
    local, domain = customer.email.split('@')
    forms = [customer.email, customer.email.upper(), f'{local.title()}@{domain}',
             f'{local}@{domain.title()}', f' {customer.email} ']
    return chance.choice(forms)


def written_phone(phone, chance):
    style = chance.choice(PHONE_STYLES[phone[:2]])
    a, b, c = phone[2:5], phone[5:8], phone[8:]
    return style.format(e164=phone, a=a, b=b, c=c, zeros='00' + phone[1:],
                        spaced=f'{phone[:3]} {phone[3:5]} {phone[5:8]} {phone[8:]}',
                        brackets=f'{phone[:3]} (0){phone[3:5]}/{phone[5:]}')


def written_name(customer, chance):
    if chance.random() < 0.5:
        return {'firstName': customer.first, 'lastName': customer.last}
    return {'name': f'{customer.first} {customer.last}'}


def device(chance):
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def make_customer(number, chance):
    first, last = GIVEN[number % len(GIVEN)], FAMILY[number // len(GIVEN) % len(FAMILY)]
    company = chance.choice(COMPANIES) if chance.random() < 0.6 else None
    host = chance.choice(PARTS) + company if company else chance.choice(FREE)
    again = number // (len(GIVEN) * len(FAMILY))
    email = f'{first}.{last}{again or ""}@{host}'.lower()
    external = f'U-{chance.randrange(16**8):08x}-{number}' if chance.random() < 0.85 else None
    phone = chance.choice(PHONES) % (1000 + number) if chance.random() < 0.6 else None
    devices = [device(chance) for _ in range(2 if chance.random() < 0.6 else 1)]
    return Customer(number, first, last, email, company, external, phone, devices)


def make_customers(count, chance):
    return [make_customer(number, chance) for number in range(count)]
