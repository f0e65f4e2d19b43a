"""RSA keys that anybody can factor (case C11), made as those made them who did not know better."""
import math
import secrets

from cryptography.hazmat.primitives.asymmetric import rsa

FIRST_126_PRIMES = [n for n in range(2, 702) if all(n % d for d in range(2, math.isqrt(n) + 1))]


def is_prime(number: int, rounds: int = 20) -> bool:
    """Miller and Rabin."""
    if any(number % prime == 0 for prime in FIRST_126_PRIMES):
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(rounds):
        power = pow(secrets.randbelow(number - 3) + 2, odd, number)
        if power not in (1, number - 1) and all((power := power * power % number) != number - 1 for _ in range(twos - 1)):
            return False
    return True


def next_prime(number: int) -> int:
    return next(n for n in range(number | 1, number + 100_000, 2) if is_prime(n))


def key_of(p: int, q: int) -> rsa.RSAPrivateKey:
    d = pow(65537, -1, math.lcm(p - 1, q - 1))
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p),
                                 rsa.RSAPublicNumbers(65537, p * q)).private_key()


def of_close_primes() -> rsa.RSAPrivateKey:
    """CVE-2022-26320"""
    first = next_prime(secrets.randbits(1024) | 3 << 1022)
    return key_of(first, next_prime(first + 2))


def _roca_prime() -> int:
    product = math.prod(FIRST_126_PRIMES)
    while True:
        bits = 1024 - product.bit_length()
        prime = (secrets.randbits(bits) | 7 << (bits - 3)) * product + pow(65537, secrets.randbits(250), product)
        if prime.bit_length() == 1024 and is_prime(prime):
            return prime


def of_roca() -> rsa.RSAPrivateKey:
    """CVE-2017-15361"""
    while True:
        p, q = _roca_prime(), _roca_prime()
        if (p * q).bit_length() == 2048 and (p - 1) % 65537 and (q - 1) % 65537:
            return key_of(p, q)
